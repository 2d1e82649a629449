//! Report as `JUnit` XML. Each credential with findings is a test suite, and each group of its
//! findings is a failed test case.

use std::fmt::Write as _;

use super::{Input, incomplete, kind, label, values};
use crate::domain::{export::xml, profile::Word as _};

pub(super) fn write(input: &Input<'_>) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let total = input.report.total();
    let open = input.report.groups().len();
    let (suppressed, baselined) = input.decided();
    let skipped = total.unknown as usize;
    let errors = usize::from(!input.is_complete());
    let passed = total.pass as usize;
    let tests = open + passed + skipped + errors;
    let _ = writeln!(
        out,
        "<testsuites name=\"credenza audit\" tests=\"{tests}\" failures=\"{open}\" errors=\"{errors}\">"
    );
    if let Some(text) = incomplete(input) {
        let _ = writeln!(
            out,
            "  <testsuite name=\"fleet\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
             <testcase classname=\"fleet\" name=\"complete\"><error message=\"{}\"/></testcase>\n  </testsuite>",
            xml(&text)
        );
    }
    // Passed and unknown checks are only counted, because a fleet has too many of them.
    let _ = writeln!(
        out,
        "  <testsuite name=\"rules\" tests=\"{}\" failures=\"0\" errors=\"0\" skipped=\"{skipped}\">\n    \
         <properties>\n      <property name=\"suppressed\" value=\"{suppressed}\"/>\n      \
         <property name=\"baselined\" value=\"{baselined}\"/>\n    </properties>\n  </testsuite>",
        passed + skipped
    );
    for (subject, findings) in input.report.by_credential() {
        let credential = input.about(subject);
        let name = match credential {
            Some(credential) => {
                format!("{} ({} {})", label(credential), kind(credential), credential.id().raw())
            }
            None => "the profile and this machine".to_owned(),
        };
        let (name, count) = (xml(&name), findings.len());
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{count}\" errors=\"0\" skipped=\"0\">"
        );
        for group in findings {
            let finding = group.first;
            let value = values(&group);
            let at = input.place(finding).map_or_else(String::new, |(file, at)| {
                format!(" file=\"{}\" line=\"{}\"", xml(file), at.line)
            });
            let _ = writeln!(
                out,
                "    <testcase classname=\"{}\" name=\"{} {}\"{at}>\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
                name,
                finding.rule.id,
                xml(&group.pointer(credential)),
                finding.severity.word(),
                xml(&group.message()),
                [value.as_str(), finding.rule.advice, finding.rule.source]
                    .into_iter()
                    .zip(["", "fix: ", "source: "])
                    .map(|(text, label)| format!("{label}{}", xml(text)))
                    .collect::<Vec<_>>()
                    .join("\n"),
            );
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}
