//! Writes FIT files, as the protocol's description has them and knowing nothing of the importer.

// Base types. [FIT protocol]
pub(crate) const ENUM: u8 = 0x00;
pub(crate) const BYTE: u8 = 0x0d;
pub(crate) const UINT8: u8 = 0x02;
pub(crate) const UINT16: u8 = 0x84;
pub(crate) const UINT32: u8 = 0x86;
pub(crate) const UINT32Z: u8 = 0x8c;
pub(crate) const SINT32: u8 = 0x85;
pub(crate) const STRING: u8 = 0x07;

/// A field's number, its size in bytes, its base type.
pub(crate) type Field = (u8, u8, u8);

/// A file that is being written, or the messages of one.
#[derive(Clone, Default)]
pub(crate) struct FitWriter {
    messages: Vec<u8>,
}

impl FitWriter {
    /// One that begins as a fenix 5's files do.
    pub(crate) fn of_fenix(file_type: u8) -> Self {
        Self::default().define(0, 0, &[(0, 1, ENUM), (1, 2, UINT16), (2, 2, UINT16), (3, 4, UINT32Z)]).data(
            0,
            &[&[file_type], &1_u16.to_le_bytes(), &2697_u16.to_le_bytes(), &3_945_849_289_u32.to_le_bytes()],
        )
    }

    /// Defines what messages of a local number look like.
    pub(crate) fn define(self, local: u8, kind: u16, fields: &[Field]) -> Self {
        self.define_with(local, kind, fields, None)
    }

    /// Defines messages with developers' fields: their number, size, and developer.
    pub(crate) fn define_with(
        mut self,
        local: u8,
        kind: u16,
        fields: &[Field],
        developers: Option<&[Field]>,
    ) -> Self {
        let flag = if developers.is_some() { 0x20 } else { 0 };
        self.messages.extend([0x40 | flag | local, 0, 0]);
        self.messages.extend(kind.to_le_bytes());
        for fields in [Some(fields), developers].into_iter().flatten() {
            self.messages.push(u8::try_from(fields.len()).expect("few fields"));
            self.messages.extend(fields.iter().flat_map(|(number, size, last)| [*number, *size, *last]));
        }
        self
    }

    /// A message.
    pub(crate) fn data(self, local: u8, fields: &[&[u8]]) -> Self {
        self.raw(&[local]).raw(&fields.concat())
    }

    /// A message whose header holds the low five bits of its time.
    pub(crate) fn compressed(self, local: u8, seconds: u8, fields: &[&[u8]]) -> Self {
        self.raw(&[0x80 | local << 5 | (seconds & 0x1f)]).raw(&fields.concat())
    }

    /// Bytes as they are.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.messages.extend(bytes);
        self
    }

    /// The file.
    pub(crate) fn finish(&self) -> Vec<u8> {
        self.finish_as(u32::try_from(self.messages.len()).expect("small"))
    }

    /// The file, under a header that gives another size.
    pub(crate) fn finish_as(&self, size: u32) -> Vec<u8> {
        let mut file = vec![14, 0x20, 0x5c, 0x08];
        file.extend(size.to_le_bytes());
        file.extend(b".FIT");
        file.extend(checksum(&file).to_le_bytes());
        file.extend(&self.messages);
        file.extend(checksum(&file).to_le_bytes());
        file
    }
}

/// CRC-16 with the polynomial x^16 + x^15 + x^2 + 1, least bit first.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 })
    })
}
