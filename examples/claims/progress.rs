//! Progress bars, on the standard error output and only if that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over a number of claims.
#[must_use]
pub fn claims(claims: u64) -> ProgressBar {
    bar(
        claims,
        "   {bar:40} {human_pos} of {human_len} claims, {elapsed}",
    )
}

/// A bar over the bytes of a file, with the number of events beside it; hidden until [`show`].
#[must_use]
pub fn file() -> ProgressBar {
    let bar = bar(
        0,
        "   {bar:40} {percent}% of the file, {msg} events, {elapsed}",
    );
    bar.set_draw_target(ProgressDrawTarget::hidden());
    bar
}

/// Shows a bar that was hidden.
pub fn show(bar: &ProgressBar) {
    bar.set_draw_target(ProgressDrawTarget::stderr());
}

fn bar(length: u64, template: &str) -> ProgressBar {
    // The templates are constants; should one be wrong, a plain bar does as well.
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
    ProgressBar::new(length).with_style(style)
}
