// What a page comes to in a browser, frame by frame: left as JSON in the title. Each complaint names what is wrong and
// the element that it is about.
const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
const light = (colour) => numbers(colour).slice(0, 3).map((it) => it / 255)
  .map((it) => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4)
  .reduce((sum, it, index) => sum + it * [0.2126, 0.7152, 0.0722][index], 0);
const measured = (frame) => {
  const [window, document] = [frame.contentWindow, frame.contentDocument];
  const style = (it) => window.getComputedStyle(it);
  const all = [...document.body.querySelectorAll('*')];
  const named = (it) => it.outerHTML.slice(0, 80);
  const back = (it) => {
    for (; it; it = it.parentElement) {
      const colour = style(it).backgroundColor;
      if ((numbers(colour)[3] ?? 1) > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const hasText = (it) => [...it.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const contrast = (it) => {
    const [a, b] = [light(style(it).color), light(back(it))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const texts = all.filter(hasText);
  const complaints = [];
  const never = (what, found) => complaints.push(...found.map((it) => `${what}: ${named(it)}`));
  never('hard to read', texts.filter((it) => contrast(it) < 4.5));
  const pixels = frame.dataset.media === 'print' ? 10 : 12;
  never('small', texts.filter((it) => parseFloat(style(it).fontSize) < pixels));
  never('a table without a caption', all.filter((it) => it.tagName === 'TABLE' && !it.caption?.textContent.trim()));
  const stops = all.filter((it) => it.tabIndex >= 0);
  const scrolls = (it) => it.scrollWidth > it.clientWidth && style(it).overflowX !== 'visible';
  never('scrolls without the keyboard', all.filter((it) => scrolls(it) && it.tabIndex < 0));
  const isVisible = (it) => it.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
  never('out of the window', all.filter((it) => hasText(it) && isVisible(it) && !it.closest('.scroll, pre, .skip')
    && it.getBoundingClientRect().right > document.documentElement.clientWidth));
  const title = document.querySelector('h1').getBoundingClientRect();
  window.focus();
  const isUnseen = (it) => {
    it.focus();
    const { left, right, width } = it.getBoundingClientRect();
    const isSeen = width > 0 && left >= 0 && right <= document.documentElement.clientWidth;
    const isOutlined = parseFloat(style(it).outlineWidth) >= 2 && style(it).outlineStyle !== 'none';
    return document.activeElement !== it || !isSeen || !isOutlined;
  };
  never('not seen when the keyboard is on it', stops.filter((it) => isVisible(it)).filter(isUnseen));
  const headings = all.filter((it) => /^H[1-6]$/.test(it.tagName));
  const level = (it) => Number(it.tagName[1]);
  const isDeep = (it, index) => level(it) > (index ? level(headings[index - 1]) : 0) + 1;
  never('a heading without one above it', headings.filter(isDeep));
  return {
    width: document.documentElement.clientWidth,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    back: back(document.body),
    title: title.width > 0 && title.top >= 0 && title.bottom < 300,
    stops: stops.length,
    tables: all.filter((it) => it.tagName === 'TABLE').length,
    rows: document.querySelectorAll('table.changes tbody tr').length,
    folded: document.querySelectorAll('details').length,
    unfolded: [...document.querySelectorAll('details')].filter((it) => isVisible(it.lastElementChild)).length,
    complaints,
  };
};
addEventListener('load', () => {
  const all = [...document.querySelectorAll('iframe')].map(measured);
  // Nothing that markup would write otherwise.
  const escaped = (it) => '\\u' + it.charCodeAt(0).toString(16).padStart(4, '0');
  document.title = JSON.stringify(all).replace(/[^ -%'-;=?-~]/g, escaped);
});
