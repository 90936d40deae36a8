use domain::{
    ports::{Answer, Question},
    view::Me,
};

use super::Seed;

/// The answers that the screens showed when they were left, the latest last: whoever comes back sees the screen as it
/// was in the first frame, and what has changed a moment later. Those of one person are not shown to another.
#[derive(Default)]
pub struct LeftAnswers {
    of: Option<Me>,
    answers: Vec<Seed>,
}

impl LeftAnswers {
    /// A few screens' worth. Beyond that the answer is waited for.
    const MAX: usize = 12;

    pub(super) fn put(&mut self, me: Option<Me>, question: Question, answer: Answer) {
        if self.of != me {
            *self = Self { of: me, answers: Vec::new() };
        }
        self.answers.retain(|left| left.question != question);
        self.answers.push(Seed { question, answer });
        let surplus = self.answers.len().saturating_sub(Self::MAX);
        self.answers.drain(..surplus);
    }

    pub(super) fn get(&self, me: Option<&Me>, question: &Question) -> Option<Answer> {
        let left = self.answers.iter().find(|left| left.question == *question);
        left.filter(|_| self.of.as_ref() == me).map(|left| left.answer.clone())
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        id::{PersonId, StoryId},
        person::{Reader, Role},
        time::Millis,
    };

    use super::*;

    fn question(number: i64) -> Question {
        Question::Story(StoryId::mint(Millis(number), &[1; 10]))
    }

    #[test]
    fn the_latest_screens_are_shown_as_they_were_left_and_no_more_than_a_few() {
        let mut left = LeftAnswers::default();
        for number in 0..100 {
            left.put(None, question(number % 50), Answer::Story(None));
        }
        assert_eq!(left.answers.len(), LeftAnswers::MAX);
        assert_eq!(left.get(None, &question(49)), Some(Answer::Story(None)));
        assert_eq!(left.get(None, &question(0)), None);
    }
    #[test]
    fn what_one_person_left_is_not_shown_to_another() {
        let me = |number| {
            let id = PersonId::mint(Millis(number), &[1; 10]);
            let reader = Reader { person: id, role: Role::Member, department: None };
            Me { reader, id, name: String::new(), department: None, site: None }
        };
        let mut left = LeftAnswers::default();
        left.put(Some(me(1)), question(1), Answer::Story(None));
        assert_eq!(left.get(Some(&me(2)), &question(1)), None);
        left.put(Some(me(2)), question(2), Answer::Story(None));
        assert_eq!(left.get(Some(&me(1)), &question(1)), None);
        assert_eq!(left.answers.len(), 1, "nor kept");
    }
}
