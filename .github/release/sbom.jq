# `cargo metadata` as an SBOM: CycloneDX 1.5. Only what is built into the executables for the platforms that it was asked for:
# no tools of development, nothing that only builds (the dependencies of build scripts), and no macros, which are gone by
# then, with what only they need. Cargo resolves features for all of these together, so it is rather one too many than one
# too few.
. as $all
| ($all.packages | map({key: .id, value: .}) | from_entries) as $package
| def is_macro: any(.targets[]; any(.kind[]; . == "proc-macro"));
  ($all.resolve.nodes | map({key: .id, value: [.deps[] | select(any(.dep_kinds[]; .kind == null)) | .pkg
    | select($package[.] | is_macro | not)]}) | from_entries) as $uses
| def reach: . as $known | ([.[] | $uses[.][]] + $known | unique) as $more | if $more == $known then $known else ($more | reach) end;
  def purl: "pkg:cargo/\(.name)@\(.version)";
  ([$all.resolve.root] | reach) as $built
| $package[$all.resolve.root] as $root
| {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {component: {type: "application", "bom-ref": ($root | purl), name: $root.name, version: $root.version, purl: ($root | purl)}},
    components: [$built[] | select(. != $all.resolve.root) | $package[.]
        | {type: "library", "bom-ref": purl, name, version, purl: purl}
          + if .license then {licenses: [{expression: (.license | gsub("/"; " OR "))}]} else {} end],
    dependencies: [$built[] | {ref: ($package[.] | purl), dependsOn: [$uses[.][] | $package[.] | purl] | unique}]
  }
