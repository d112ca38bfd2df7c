//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Where the numbers start if nobody says otherwise; any will do.
const SEED: u64 = 20_261_123;

/// Harms a replica set while a store is in use, and checks that nothing is lost, doubled or out of
/// order.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// How often each fault happens: minutes, or an hour.
    #[arg(long, value_enum, default_value_t = Tier::Fast)]
    tier: Tier,
    /// Which numbers writers and faults take.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Only this fault; may be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Says which faults there are.
    #[arg(long)]
    list: bool,
    /// Damages what the store holds before it is judged, to see that it is found.
    #[arg(long = "break", value_enum, hide = true)]
    damage: Option<Damage>,
    /// Be a process that writes, for the runner.
    #[arg(long, hide = true, requires_all = ["uri", "history"])]
    writer: bool,
    #[arg(long, hide = true)]
    uri: Option<String>,
    #[arg(long, hide = true)]
    history: Option<PathBuf>,
    /// With indexes on append ids and event ids.
    #[arg(long, hide = true)]
    indexed: bool,
}

/// How often faults happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tier {
    /// Minutes in all.
    Fast,
    /// An hour in all.
    Full,
}

/// What is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Damage {
    /// The newest document is gone.
    DeleteNewest,
    /// A document in the middle is gone.
    DeleteMiddle,
    /// A payload is another.
    ChangePayload,
    /// A document is there twice.
    CopyNewest,
}

#[derive(Debug)]
pub(crate) enum Mode {
    List,
    Run(RunOptions),
    Writer(WriterOptions),
}

#[derive(Debug)]
pub(crate) struct RunOptions {
    pub(crate) tier: Tier,
    pub(crate) seed: u64,
    pub(crate) only: Vec<String>,
    pub(crate) damage: Option<Damage>,
}

#[derive(Debug)]
pub(crate) struct WriterOptions {
    pub(crate) uri: String,
    pub(crate) history: PathBuf,
    pub(crate) seed: u64,
    pub(crate) indexed: bool,
}

impl Arguments {
    pub(crate) fn mode(self) -> Mode {
        if self.list {
            return Mode::List;
        }
        match (self.writer, self.uri, self.history) {
            (true, Some(uri), Some(history)) => Mode::Writer(WriterOptions {
                uri,
                history,
                seed: self.seed,
                indexed: self.indexed,
            }),
            _ => Mode::Run(RunOptions {
                tier: self.tier,
                seed: self.seed,
                only: self.only,
                damage: self.damage,
            }),
        }
    }
}
