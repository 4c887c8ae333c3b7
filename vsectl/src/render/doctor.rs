//! The findings of `doctor` as text: what is so, what comes of it, and the command that mends it.

use std::io::{self, Write};

use agent::doctor::{Finding, Severity};
use agent::host::list_of;

use crate::view::DoctorView;

/// What was looked at, then each finding, then their number.
pub(crate) fn text(view: &DoctorView, out: &mut impl Write) -> io::Result<()> {
    let facts = &view.facts;
    write!(out, "kernel {}, cores {}", facts.kernel.release, list_of(&facts.cores, |_| true))?;
    for interface in &facts.interfaces {
        write!(out, ", {}", interface.name)?;
    }
    writeln!(out)?;
    view.findings.iter().try_for_each(|found| finding(found, out))?;
    let breaking = view.findings.iter().filter(|f| f.severity == Severity::Breaks).count();
    let count = view.findings.len();
    if count == 0 {
        return writeln!(out, "Nothing found that hinders steering.");
    }
    writeln!(out, "{count} {}; breaking steering: {breaking}.", plural(count))
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "finding" } else { "findings" }
}

fn finding(finding: &Finding, out: &mut impl Write) -> io::Result<()> {
    let severity = match finding.severity {
        Severity::Breaks => "breaks",
        Severity::Degrades => "degrades",
        Severity::Note => "note",
    };
    write!(out, "{severity:9}")?;
    if let Some(subject) = &finding.subject {
        write!(out, "{subject}: ")?;
    }
    writeln!(out, "{} [{}]", finding.what, finding.code)?;
    writeln!(out, "         {}", finding.consequence)?;
    if let Some(command) = &finding.mend {
        writeln!(out, "         mend: {command}")?;
    }
    Ok(())
}
