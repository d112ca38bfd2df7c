//! The faults, by name.

use std::process::ExitCode;

use crate::{arguments::Tier, inject, scene::Scene};

/// A fault that can be injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    KillPrimary,
    TerminatePrimary,
    StepDown,
    FreezePrimary,
    PartitionPrimary,
    PartitionMembers,
    ResetStorm,
    LostReplies,
    LostCommitReplies,
    WriteConcern,
    KillClient,
    FreezeClient,
    KillAll,
    DiskFull,
}

impl Fault {
    pub(crate) const ALL: [Self; 15] = [
        Self::None,
        Self::KillPrimary,
        Self::TerminatePrimary,
        Self::StepDown,
        Self::FreezePrimary,
        Self::PartitionPrimary,
        Self::PartitionMembers,
        Self::ResetStorm,
        Self::LostReplies,
        Self::LostCommitReplies,
        Self::WriteConcern,
        Self::KillClient,
        Self::FreezeClient,
        Self::KillAll,
        Self::DiskFull,
    ];

    pub(crate) fn name(self) -> &'static str {
        self.facts().0
    }

    /// How often it happens.
    pub(crate) fn times(self, tier: Tier) -> u64 {
        let (_, fast, full, _) = self.facts();
        match tier {
            Tier::Fast => fast,
            Tier::Full => full,
        }
    }

    /// Whether the stores have indexes on ids. Without them only the store that an append was given
    /// to recognises all repeats, so appends of a killed client need them.
    pub(crate) fn indexed(self) -> bool {
        let at = Self::ALL.iter().position(|fault| *fault == self);
        self == Self::KillClient || at.is_some_and(|at| at % 2 == 0)
    }

    pub(crate) async fn inject(self, scene: &mut Scene<'_>, times: u64) -> Result<(), String> {
        match self {
            Self::None => inject::nothing(scene, times).await,
            Self::KillPrimary => inject::kill_primary(scene, times).await,
            Self::TerminatePrimary => inject::terminate_primary(scene, times).await,
            Self::StepDown => inject::step_down(scene, times).await,
            Self::FreezePrimary => inject::freeze_primary(scene, times).await,
            Self::PartitionPrimary => inject::partition_primary(scene, times).await,
            Self::PartitionMembers => inject::partition_members(scene, times).await,
            Self::ResetStorm => inject::reset_storm(scene, times).await,
            Self::LostReplies => inject::lost_replies(scene, times).await,
            Self::LostCommitReplies => inject::lost_commit_replies(scene, times).await,
            Self::WriteConcern => inject::write_concern(scene, times).await,
            Self::KillClient => inject::kill_client(scene, times).await,
            Self::FreezeClient => inject::freeze_client(scene, times).await,
            Self::KillAll => inject::kill_all(scene, times).await,
            Self::DiskFull => inject::disk_full(scene, times).await,
        }
    }

    /// Name, how often in the fast and in the full tier, and what happens.
    fn facts(self) -> (&'static str, u64, u64, &'static str) {
        match self {
            Self::None => ("none", 1, 1, "nothing, for comparison"),
            Self::KillPrimary => ("kill-primary", 3, 50, "SIGKILL of the primary"),
            Self::TerminatePrimary => ("terminate-primary", 1, 10, "SIGTERM of the primary"),
            Self::StepDown => ("step-down", 2, 20, "the primary is told to step down"),
            Self::FreezePrimary => (
                "freeze-primary",
                1,
                10,
                "SIGSTOP of the primary, later SIGCONT",
            ),
            Self::PartitionPrimary => (
                "partition-primary",
                1,
                10,
                "nobody reaches the primary, and it nobody",
            ),
            Self::PartitionMembers => (
                "partition-members",
                1,
                10,
                "the members do not reach the primary, clients do",
            ),
            Self::ResetStorm => (
                "reset-storm",
                1,
                10,
                "all connections are reset, again and again",
            ),
            Self::LostReplies => (
                "lost-replies",
                3,
                30,
                "requests reach the primary, its replies are cut off",
            ),
            Self::LostCommitReplies => (
                "lost-commit-replies",
                2,
                20,
                "commits and inserts fail before or after they happen",
            ),
            Self::WriteConcern => ("write-concern", 1, 10, "the secondaries stop to follow"),
            Self::KillClient => ("kill-client", 4, 50, "SIGKILL of a process that writes"),
            Self::FreezeClient => ("freeze-client", 1, 10, "SIGSTOP of a process that writes"),
            Self::KillAll => ("kill-all", 1, 10, "SIGKILL of all three servers at once"),
            Self::DiskFull => (
                "disk-full",
                1,
                5,
                "the servers' disk is full, until there is room",
            ),
        }
    }
}

pub(crate) fn list() -> ExitCode {
    for fault in Fault::ALL {
        let (name, fast, full, what) = fault.facts();
        println!("{name:20} {fast:2} or {full:2} times: {what}");
    }
    ExitCode::SUCCESS
}
