//! Enumerations of the wire: the number, the name that people read, and every unknown value kept.

use crate::types::Padded;

/// Declares a code point enumeration with its numbers and names in one place.
///
/// The type converts from and to its integer without loss, prints and parses its name, and in
/// JSON is the name, or the number where it has none.
macro_rules! code_points {
    (
        $(#[$meta:meta])*
        pub enum $name:ident: $int:ty {
            $( $(#[$variant_meta:meta])* $variant:ident = $value:literal $text:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )*
            /// A value that this version does not know, kept as it came.
            Unknown($int),
        }

        impl $name {
            /// Every known value, in the order of the specification.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name, or nothing for an unknown value.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $( Self::$variant => Some($text), )*
                    Self::Unknown(_) => None,
                }
            }

            /// Appends the name in capitals, or the number of an unknown value.
            #[allow(dead_code, reason = "few are printed in capitals")]
            pub(crate) fn put_upper(self, out: &mut $crate::types::Line) {
                let name = match self {
                    $( Self::$variant => const { &$crate::code_points::upper($text) }, )*
                    Self::Unknown(number) => return $crate::types::Piece::put(&number, out),
                };
                out.push_padded(name);
            }

            /// The value of the name, in any case.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| {
                    value.name().is_some_and(|known| known.eq_ignore_ascii_case(name))
                })
            }
        }

        impl From<$int> for $name {
            fn from(value: $int) -> Self {
                match value {
                    $( $value => Self::$variant, )*
                    unknown => Self::Unknown(unknown),
                }
            }
        }

        impl From<$name> for $int {
            fn from(value: $name) -> Self {
                match value {
                    $( $name::$variant => $value, )*
                    $name::Unknown(unknown) => unknown,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => std::fmt::Display::fmt(&<$int>::from(*self), f),
                }
            }
        }

        impl $crate::types::Piece for $name {
            fn put(&self, out: &mut $crate::types::Line) {
                let name = match self {
                    $( Self::$variant => const { &$crate::code_points::Name::new($text) }, )*
                    Self::Unknown(number) => return $crate::types::Piece::put(number, out),
                };
                out.push_padded(name);
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.name() {
                    Some(name) => serializer.serialize_str(name),
                    None => <$int>::from(*self).serialize(serializer),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any($crate::code_points::NameOrNumber::<Self, $int>::new(
                    Self::from_name,
                    || Self::ALL.iter().filter_map(|value| value.name()).collect(),
                ))
            }
        }
    };
}

pub(crate) use code_points;

/// A name as it is printed: none is longer.
pub(crate) type Name = Padded<24>;

/// A name in capitals.
pub(crate) const fn upper(name: &str) -> Name {
    let mut upper = Name::new(name);
    upper.make_ascii_uppercase();
    upper
}

/// Reads a code point from JSON: its name or its number.
pub(crate) struct NameOrNumber<T, I> {
    from_name: fn(&str) -> Option<T>,
    names: fn() -> Vec<&'static str>,
    integer: std::marker::PhantomData<I>,
}

impl<T, I> NameOrNumber<T, I> {
    pub(crate) fn new(from_name: fn(&str) -> Option<T>, names: fn() -> Vec<&'static str>) -> Self {
        Self { from_name, names, integer: std::marker::PhantomData }
    }
}

impl<T: From<I>, I: TryFrom<u64>> serde::de::Visitor<'_> for NameOrNumber<T, I> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a {}-bit number or one of {}", 8 * size_of::<I>(), (self.names)().join(", "))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<T, E> {
        I::try_from(number)
            .map(T::from)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(number), &self))
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<T, E> {
        (self.from_name)(name)
            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(name), &self))
    }
}

#[cfg(test)]
mod tests {
    use crate::types::{Line, Piece};

    code_points! {
        /// For the test.
        pub enum Sample: u8 {
            /// One.
            One = 1 "one",
            /// Two.
            Two = 2 "two",
        }
    }

    #[test]
    fn every_number_survives() {
        for number in 0..=u8::MAX {
            let value = Sample::from(number);
            let (mut line, mut upper) = (Line::default(), Line::default());
            value.put(&mut line);
            value.put_upper(&mut upper);
            assert_eq!(line.as_str(), value.to_string());
            assert_eq!(upper.as_str(), value.to_string().to_ascii_uppercase());
            assert_eq!(u8::from(value), number);
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Sample>(&json).unwrap(), value);
        }
    }

    #[test]
    fn a_wrong_name_lists_the_right_ones() {
        let error = serde_json::from_str::<Sample>(r#""three""#).unwrap_err().to_string();
        assert!(error.contains("8-bit number or one of one, two"), "{error}");
        assert!(serde_json::from_str::<Sample>("256").is_err());
    }
}
