//! Collects every problem of a definition, so that one build reports them all.

/// The problems found so far.
#[derive(Default)]
pub(crate) struct Problems(Option<syn::Error>);

impl Problems {
    /// Adds a problem.
    pub(crate) fn push(&mut self, problem: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(problem),
            None => self.0 = Some(problem),
        }
    }

    /// Keeps the value, or the problem.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|problem| self.push(problem)).ok()
    }

    /// The last result, unless there was a problem before it.
    pub(crate) fn finish<T>(self, last: syn::Result<T>) -> syn::Result<T> {
        match (self.0, last) {
            (None, last) => last,
            (Some(first), Ok(_)) => Err(first),
            (Some(mut first), Err(last)) => {
                first.combine(last);
                Err(first)
            }
        }
    }
}
