//! Files in memory.

use std::convert::Infallible;

use oms_hash::{Message, Source, SourceReader};

/// Files by number.
pub struct Memory(pub Vec<Vec<u8>>);

/// An open one.
pub struct Reader<'a>(&'a [u8]);

impl Memory {
    /// Each file as one message.
    pub fn whole(&self) -> Vec<Message> {
        let message = |(file, bytes): (usize, &Vec<u8>)| self.range(file, 0, bytes.len());
        self.0.iter().enumerate().map(message).collect()
    }

    /// A part of a file as a message.
    pub fn range(&self, file: usize, start: usize, len: usize) -> Message {
        Message { file, start: start as u64, len: len as u64 }
    }
}

impl<'a> Source for &'a Memory {
    type Error = Infallible;
    type Reader = Reader<'a>;

    fn open(&self, message: &Message) -> Result<Reader<'a>, Infallible> {
        Ok(Reader(&self.0[message.file][message.start as usize..]))
    }
}

impl SourceReader for Reader<'_> {
    type Error = Infallible;

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        let (now, rest) = self.0.split_at(self.0.len().min(buf.len()));
        buf[..now.len()].copy_from_slice(now);
        self.0 = rest;
        Ok(now.len())
    }

    fn finish(self) -> Result<(), Infallible> {
        Ok(())
    }
}
