//! Going along with a replay: the cursor is on the event that it has come to.

use super::{Anchor, Timeline, steps::Landing};
use crate::{ask::Request, views::Context};

impl Timeline {
    /// Goes to an event; one that the filter hides is pointed at where it would stand. While the place of one event is
    /// looked for, only the last to come waits.
    pub fn follow_replay(&mut self, event: Anchor, context: &mut Context) {
        let page = self.page.as_ref().filter(|page| page.filter == self.filter);
        let held = page.and_then(|page| {
            let at = page.rows.iter().position(|row| (row.id, row.time) == event)?;
            Some(page.offset + at as u64)
        });
        match held {
            Some(row) => {
                self.place_slot.stop(context);
                self.followed = None;
                self.go(row, context);
            }
            None if self.place_slot.open() => self.followed = Some(event),
            None => {
                (self.landing, self.sent_to, self.followed) = (Landing::Event, None, None);
                let request = Request::Locate { filter: self.filter.clone(), record: event.0, time: event.1 };
                self.place_slot.ask(context, request);
            }
        }
    }

    /// Goes on to the event that waited.
    pub fn catch_up(&mut self, context: &mut Context) {
        if let Some(event) = self.followed.take() {
            self.follow_replay(event, context);
        }
    }
}
