//! Sets of bits.

/// Gives a tuple struct around an unsigned number what a set of bits needs.
#[macro_export]
macro_rules! bit_set {
    ($name:ident) => {
        impl $name {
            /// Whether any of these is set.
            pub const fn has(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            pub const fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }
        }
    };
}
