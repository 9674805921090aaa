//! Numbers, text, UUIDs, and values that may be absent.

use super::{Decoder, Encoder, Xdr};
use crate::procedure::Object;
use ferrovirt_core::Result;
use std::sync::Arc;
use uuid::Uuid;

/// Types narrower than a word travel as words; what does not fit is cut off, as XDR libraries in C do it.
macro_rules! words {
    ($($ty:ty),*) => {$(
        impl Xdr for $ty {
            const MIN_SIZE: usize = 4;

            fn encode(&self, out: &mut Encoder) -> Result<()> {
                out.put_u32(*self as u32);
                Ok(())
            }

            fn decode(input: &mut Decoder<'_>) -> Result<Self> {
                Ok(input.take_u32()? as $ty)
            }
        }
    )*};
}
words!(i8, u8, u16, i32);

impl Xdr for u32 {
    const MIN_SIZE: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_u32(*self);
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        input.take_u32()
    }

    fn as_word(&self) -> Option<u32> {
        Some(*self)
    }
}

impl Xdr for u64 {
    const MIN_SIZE: usize = 8;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_u64(*self);
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        input.take_u64()
    }
}

impl Xdr for i64 {
    const MIN_SIZE: usize = 8;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_u64(*self as u64);
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        Ok(input.take_u64()? as i64)
    }
}

impl Xdr for f64 {
    const MIN_SIZE: usize = 8;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_u64(self.to_bits());
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self::from_bits(input.take_u64()?))
    }
}

impl Xdr for String {
    const MIN_SIZE: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_string(self)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        Ok(input.take_text()?.into_owned())
    }

    fn as_text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Xdr for Arc<str> {
    const MIN_SIZE: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_string(self)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        Ok(Arc::from(&*input.take_text()?))
    }

    fn as_text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Xdr for Uuid {
    const MIN_SIZE: usize = 16;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_fixed(self.as_bytes());
        Ok(())
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(input.take_fixed(16)?);
        Ok(Self::from_bytes(bytes))
    }
}

impl Xdr for () {
    const MIN_SIZE: usize = 0;

    fn encode(&self, _: &mut Encoder) -> Result<()> {
        Ok(())
    }

    fn decode(_: &mut Decoder<'_>) -> Result<Self> {
        Ok(())
    }
}

impl<T: Xdr> Xdr for Option<T> {
    const MIN_SIZE: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        out.put_u32(u32::from(self.is_some()));
        self.as_ref().map_or(Ok(()), |value| value.encode(out))
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        match input.take_u32()? {
            0 => Ok(None),
            _ => T::decode(input).map(Some),
        }
    }

    fn as_object(&self) -> Option<Object> {
        self.as_ref().and_then(T::as_object)
    }
}
