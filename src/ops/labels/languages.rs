//! The names of languages that a person may type in place of a locale.

/// The documented locales that are a language, each with its name in English and in the language.
const LANGUAGES: [(&str, &str, &str); 23] = [
    ("ar", "arabic", "العربية"),
    ("cs", "czech", "čeština"),
    ("da", "danish", "dansk"),
    ("de", "german", "deutsch"),
    ("en", "english", "english"),
    ("es", "spanish", "español"),
    ("fi", "finnish", "suomi"),
    ("fr", "french", "français"),
    ("he", "hebrew", "עברית"),
    ("hi", "hindi", "हिन्दी"),
    ("it", "italian", "italiano"),
    ("ja", "japanese", "日本語"),
    ("ko", "korean", "한국어"),
    ("nl", "dutch", "nederlands"),
    ("no", "norwegian", "norsk"),
    ("pl", "polish", "polski"),
    ("pt", "portuguese", "português"),
    ("ru", "russian", "русский"),
    ("sv", "swedish", "svenska"),
    ("th", "thai", "ไทย"),
    ("tr", "turkish", "türkçe"),
    ("uk", "ukrainian", "українська"),
    ("zh_CN", "chinese", "中文"),
];

/// The locale of a language's name.
pub fn of_language(name: &str) -> Option<String> {
    let name = name.trim().to_lowercase();
    let found = LANGUAGES.iter().find(|(_, english, own)| name == *english || name == *own);
    found.map(|(locale, ..)| (*locale).to_owned())
}
