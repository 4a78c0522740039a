//! The files of an intake as they come from the threads that read them, one after the other.

use std::fs::{self, File};

use super::custody::{Embedded, InputRecord};
use super::embed::embed_from;
use super::inputs::Input;
use super::intake::{Intake, UnderWay};
use super::pipeline::Piece;
use super::reading::{News, Opened, Reading, changed};
use super::sources::Place;
use crate::error::{Error, Result};
use crate::formats::Lacks;

impl Intake<'_> {
    /// Turns to the next file of the list.
    pub fn begin(&mut self, reading: &Reading<'_>, place: usize) -> Result<()> {
        self.watch.goes_on()?;
        if self.how.apart && reading.begins_path(place) {
            self.forget();
        }
        self.watch.begin(reading.sizes[place], &reading.read[place]);
        Ok(())
    }

    /// Takes in what comes of a file: one that cannot be read is a problem, and the others go on.
    pub fn piece(&mut self, input: &Input, piece: Piece<News>) -> Result<()> {
        let news = match piece {
            Piece::News(news) => news,
            Piece::Batch(batch) => {
                let Some(mut now) = self.under_way.take() else { return Err(nothing_begun(input)) };
                now.lacks.add(&batch.lacks);
                self.batch(*batch, now.evidence, &mut now.record)?;
                self.under_way = Some(now);
                return Ok(());
            }
        };
        let result = match news {
            News::Failed(error) => Err(self.watch.goes_on().err().unwrap_or(error)),
            News::Known(number) => self.known(input.name.clone(), number),
            News::Begins(evidence, size, known) => {
                self.expect(size);
                let mut record = InputRecord { path: input.name.clone(), size, ..InputRecord::default() };
                if let Some(known) = known {
                    record.hashed(known);
                }
                self.under_way = Some(UnderWay { evidence, record, lacks: Lacks::default() });
                Ok(())
            }
            News::Ended(done, changed) => {
                let Some(now) = self.under_way.take() else { return Err(nothing_begun(input)) };
                let entry = self.receipts.len();
                self.ended(now, done)?;
                self.end(input, entry, changed)
            }
            News::Whole(opened, _behind) => self.whole(input, opened),
        };
        match result {
            Err(error @ Error::Io { .. }) => {
                self.problems.push(error);
                Ok(())
            }
            other => other,
        }
    }

    /// Takes in a file that is read here and now.
    fn whole(&mut self, input: &Input, opened: Opened) -> Result<()> {
        let Opened { file, before, shape, packed, known, .. } = opened;
        let place = Place { name: input.name.clone(), member: None, depth: 0 };
        let entry = self.receipts.len();
        let taken = self.take(Box::new(self.watch.input(file)), place, known, before.len(), (shape, packed));
        self.register.go_on_with(self.next());
        taken?;
        self.end(input, entry, changed(&input.path, &before))
    }

    /// Ends what was entered of a file.
    fn end(&mut self, input: &Input, entry: usize, changed: Option<&str>) -> Result<()> {
        let Some(receipt) = self.receipts.get_mut(entry).filter(|receipt| !receipt.known) else { return Ok(()) };
        receipt.record.notes.extend(changed.map(str::to_owned));
        if self.how.embed { self.embed(input, entry) } else { Ok(()) }
    }

    /// Copies a file into the case after it was read. Standard input is in the case already, and members of an archive
    /// are in the archive's copy.
    fn embed(&mut self, input: &Input, entry: usize) -> Result<()> {
        if self.receipts[entry].sha256.is_empty() || input.name.starts_with("-/") {
            return Ok(());
        }
        let number = self.earlier.len() + self.receipts[..entry].iter().filter(|receipt| !receipt.known).count();
        let (path, folder) = (&input.path, self.dir.join("evidence"));
        fs::create_dir_all(&folder).map_err(Error::io("make", &folder))?;
        let file = File::open(path).map_err(Error::io("open", path))?;
        let copy = embed_from(&mut self.watch.aside(file), path, &folder.join(number.to_string()));
        self.watch.goes_on()?;
        let copy = copy?;
        let record = &mut self.receipts[entry].record;
        if copy.content.sha256 != record.sha256 {
            fs::remove_file(&copy.path).map_err(Error::io("remove", &copy.path))?;
            let what = "it is another file than the one that was read before, so it was not copied".to_owned();
            self.problems.push(Error::Tampered { path: path.clone(), what });
            return Ok(());
        }
        let name = copy.path.file_name().unwrap_or_default().to_string_lossy();
        let path = format!("evidence/{name}");
        record.embedded = Some(Embedded { path, size: copy.size, sha256: copy.sha256 });
        Ok(())
    }
}

/// Says that a file brought something before it began.
fn nothing_begun(input: &Input) -> Error {
    Error::Bug { what: format!("{} was not begun", input.name), source: "reading".into() }
}
