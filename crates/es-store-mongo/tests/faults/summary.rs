//! What is printed.

use es_testkit::history::Kind;
use serde::Serialize;

use crate::outcome::Outcome;

/// Of each fault at most so many findings are printed; the file has all.
const PRINTED: usize = 10;

/// The last line of the output.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Summary {
    faults: u64,
    acknowledged: u64,
    lost: u64,
    duplicated: u64,
    holes: u64,
    out_of_order: u64,
    unknown_resolved: u64,
    /// Everything else that is wrong: other findings, and what kept a fault from being judged.
    problems: u64,
}

impl Summary {
    /// Sums outcomes up, and what went wrong besides.
    pub(crate) fn of(outcomes: &[Outcome], problems: &[String]) -> Self {
        let mut summary = Self {
            problems: problems.len() as u64,
            ..Self::default()
        };
        for outcome in outcomes {
            let report = &outcome.report;
            summary.faults += outcome.injected;
            summary.acknowledged += report.acknowledged;
            summary.unknown_resolved += report.unknown_resolved;
            summary.problems += outcome.problems.len() as u64;
            for finding in &report.findings {
                *summary.place_of(finding.kind) += 1;
            }
        }
        summary
    }

    fn place_of(&mut self, kind: Kind) -> &mut u64 {
        match kind {
            Kind::Lost => &mut self.lost,
            Kind::Duplicated => &mut self.duplicated,
            Kind::Hole => &mut self.holes,
            Kind::OutOfOrder | Kind::Subscription => &mut self.out_of_order,
            _ => &mut self.problems,
        }
    }

    pub(crate) fn print(&self) {
        println!("{}", serde_json::to_string(self).expect("numbers"));
    }
}

pub(crate) fn print_head() {
    println!(
        "{:20} {:>6} {:>7} {:>9} {:>8} {:>8} {:>6} {:>8} {:>8} {:>6}  verdict",
        "fault",
        "times",
        "acked",
        "conflicts",
        "unknown",
        "resolved",
        "reads",
        "worst ms",
        "gap ms",
        "s"
    );
}

pub(crate) fn print(outcome: &Outcome) {
    let report = &outcome.report;
    let verdict = if outcome.is_clean() { "clean" } else { "WRONG" };
    println!(
        "{:20} {:>6} {:>7} {:>9} {:>8} {:>8} {:>6} {:>8} {:>8} {:>6.1}  {verdict}",
        outcome.fault,
        outcome.injected,
        report.acknowledged,
        report.conflicts,
        report.unknown,
        report.unknown_resolved,
        report.reads,
        outcome.worst_append.as_millis(),
        outcome.longest_gap.as_millis(),
        outcome.took.as_secs_f64(),
    );
    let lines = findings(outcome);
    for line in lines.iter().take(PRINTED) {
        println!("    {line}");
    }
    if lines.len() > PRINTED {
        println!("    and {} more", lines.len() - PRINTED);
    }
}

pub(crate) fn findings(outcome: &Outcome) -> Vec<String> {
    let findings = outcome.report.findings.iter().map(ToString::to_string);
    findings.chain(outcome.problems.iter().cloned()).collect()
}
