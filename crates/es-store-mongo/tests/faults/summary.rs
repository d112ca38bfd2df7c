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
}

impl Summary {
    pub(crate) fn of(outcomes: &[Outcome]) -> Self {
        let mut summary = Self::default();
        for outcome in outcomes {
            let report = &outcome.report;
            summary.faults += outcome.injected;
            summary.acknowledged += report.acknowledged;
            summary.lost += report.count(Kind::Lost);
            summary.duplicated += report.count(Kind::Duplicated);
            summary.holes += report.count(Kind::Hole);
            let order = report.count(Kind::OutOfOrder) + report.count(Kind::Subscription);
            summary.out_of_order += order;
            summary.unknown_resolved += report.unknown_resolved;
        }
        summary
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
