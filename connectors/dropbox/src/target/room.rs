//! Whether there is room: asked before anything is sent, and said only where it is certain that there is not.

use dropbox_client::{Class, SpaceAllocation, SpaceUsage};
use larder_connect::Need;
use larder_model::{Problem, ProblemKind, Result};

use super::inner::Inner;
use crate::problem::problem;

impl Inner {
    /// An error when what is to be written surely does not fit.
    pub fn require_room(&self, need: &Need) -> Result<()> {
        let more = need.bytes.saturating_sub(need.freed);
        if more == 0 {
            return Ok(());
        }
        let usage = match self.client().space_usage() {
            Ok(usage) => usage,
            Err(error) if matches!(error.class(), Class::Interrupted | Class::Budget | Class::RateLimited) => {
                return Err(problem(&error));
            }
            // What nobody tells is found out.
            Err(_) => return Ok(()),
        };
        match free(&usage) {
            Some(free) if free < more => {
                let message = format!(
                    "there is no room at {}: {} bytes are to be written, and {free} are free; nothing was written",
                    self.location(),
                    need.bytes
                );
                Err(Problem::new(ProblemKind::NoSpace, message).hint("free space at Dropbox, or get more"))
            }
            _ => Ok(()),
        }
    }
}

/// The smallest of the limits: the account's, the team's, the member's.
fn free(usage: &SpaceUsage) -> Option<u64> {
    let of_all = usage.free();
    match usage.allocation {
        SpaceAllocation::Team { user_within_team_space_allocated: limit, .. } if limit > 0 => {
            let of_member = limit.saturating_sub(usage.used);
            Some(of_all.map_or(of_member, |free| free.min(of_member)))
        }
        _ => of_all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_limit_counts() {
        let team = |limit| SpaceUsage {
            used: 60,
            allocation: SpaceAllocation::Team { used: 500, allocated: 1000, user_within_team_space_allocated: limit },
        };
        assert_eq!(free(&team(0)), Some(500));
        assert_eq!(free(&team(100)), Some(40));
        assert_eq!(free(&team(50)), Some(0));
        let own = SpaceUsage { used: 60, allocation: SpaceAllocation::Individual { allocated: 100 } };
        assert_eq!(free(&own), Some(40));
    }
}
