//! People, as everyone sees them. Accounts, sessions and invitations are the server's business.

use serde::{Deserialize, Serialize};

use crate::{
    id::{LabelId, PersonId},
    text::Name,
    time::Millis,
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    #[default]
    Member,
    Curator,
    Admin,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Member, Self::Curator, Self::Admin];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Curator => "curator",
            Self::Admin => "admin",
        }
    }

    /// Curators read, mend and arrange what others told; so do administrators.
    pub fn curates(self) -> bool {
        self >= Self::Curator
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: Name,
    #[serde(default)]
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<LabelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<LabelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<Millis>,
}

impl Person {
    pub fn given_name(&self) -> &str {
        given_name(self.name.as_str())
    }
}

/// The first word of a name.
pub fn given_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

/// Up to two letters that stand for a name where there is little room.
pub fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()))
        .take(2)
        .flat_map(char::to_uppercase)
        .collect()
}

/// Someone who reads or changes things: who they are decides what they may see and do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    pub person: PersonId,
    pub role: Role,
    pub department: Option<LabelId>,
}

impl Reader {
    pub fn of(id: PersonId, person: &Person) -> Self {
        Self { person: id, role: person.role, department: person.department }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_first_letters_of_two_words() {
        assert_eq!(initials("Elin W."), "EW");
        assert_eq!(initials("åsa-lena öberg berg"), "ÅÖ");
        assert_eq!(initials("  "), "");
    }
}
