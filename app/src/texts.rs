//! Every word on the screens, in Swedish and English. A text that is missing in one language does not compile.

mod en;
mod sv;

use domain::{
    language::Language,
    person::Role,
    story::{Part, StoryKind},
    sync::{round::Trouble, wire::Reason},
    thing::ThingKind,
};

/// The texts of one language.
pub struct Texts {
    // The frame
    pub app: &'static str,
    pub skip: &'static str,
    pub nav: &'static str,
    pub dock: &'static str,
    pub nav_home: &'static str,
    pub nav_library: &'static str,
    pub nav_tell: &'static str,
    pub nav_learn: &'static str,
    pub nav_me: &'static str,
    pub offline: &'static str,
    pub loading: &'static str,
    pub undo: &'static str,
    pub back: &'static str,
    pub close: &'static str,
    pub done: &'static str,
    pub go_on: &'static str,
    pub change: &'static str,
    pub delete: &'static str,
    pub restore: &'static str,
    pub share: &'static str,
    pub try_again: &'static str,
    pub copy_text: &'static str,
    pub copied: &'static str,
    pub link_copied: &'static str,
    pub update: &'static str,
    pub update_text: &'static str,
    pub update_now: &'static str,
    pub to_start: &'static str,

    // Troubles
    pub unreachable: &'static str,
    pub unreachable_text: &'static str,
    pub signed_out: &'static str,
    pub signed_out_text: &'static str,
    pub storage_failed: &'static str,
    pub storage_failed_text: &'static str,
    pub broken: &'static str,
    pub broken_text: &'static str,
    pub cannot_save: &'static str,
    pub cannot_save_text: &'static str,
    pub phone_full: &'static str,
    pub phone_full_text: &'static str,
    pub not_found: &'static str,
    pub not_found_text: &'static str,

    // Home
    pub tell_button: &'static str,
    pub tell_button_hint: &'static str,
    pub of_the_day: &'static str,
    pub newest: &'static str,
    pub show_all: &'static str,
    pub home_empty: &'static str,
    pub home_empty_text: &'static str,
    pub waiting_note: &'static str,
    pub waiting_signed_out: &'static str,
    pub needs_you: &'static str,
    pub needs_you_note: &'static str,
    pub install: &'static str,
    pub install_text: &'static str,
    pub install_now: &'static str,
    pub install_ios_text: &'static str,
    pub install_ios_share: &'static str,
    pub install_ios_add: &'static str,
    pub install_ios_open: &'static str,

    // Joining
    pub welcome: &'static str,
    pub welcome_text: &'static str,
    pub join: &'static str,
    pub join_lead: &'static str,
    pub join_with_draft: &'static str,
    pub join_with_draft_text: &'static str,
    pub join_now: &'static str,
    pub already_in: &'static str,
    pub already_in_text: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub no_such_invite: &'static str,
    pub slow_down: &'static str,
    pub no_name: &'static str,
    pub name_too_long: &'static str,
    pub your_name: &'static str,
    pub your_name_hint: &'static str,
    pub site_hint: &'static str,
    pub department_hint: &'static str,

    // Telling
    pub back_draft_is_kept: &'static str,
    pub change_story: &'static str,
    pub ask_situation: &'static str,
    pub ask_situation_hint: &'static str,
    pub ask_action: &'static str,
    pub ask_action_hint: &'static str,
    pub ask_outcome: &'static str,
    pub ask_outcome_hint: &'static str,
    pub ask_quote: &'static str,
    pub ask_quote_optional: &'static str,
    pub ask_title: &'static str,
    pub ask_title_hint: &'static str,
    pub ask_lesson: &'static str,
    pub ask_lesson_hint: &'static str,
    pub ask_day: &'static str,
    pub day_to_come: &'static str,
    pub ask_kind: &'static str,
    pub more_fields: &'static str,
    pub coach_lead: &'static str,
    pub coach_place: &'static str,
    pub coach_moment: &'static str,
    pub coach_words: &'static str,
    pub coach_gesture: &'static str,
    pub coach_ask_place: &'static str,
    pub coach_ask_moment: &'static str,
    pub coach_ask_words: &'static str,
    pub coach_ask_gesture: &'static str,
    pub tags: &'static str,
    pub tags_hint: &'static str,
    pub own_tag: &'static str,
    pub values: &'static str,
    pub where_it_was: &'static str,
    pub none_chosen: &'static str,
    pub save_story: &'static str,
    pub save_change: &'static str,
    pub draft_is_yours: &'static str,
    pub draft_needs_words: &'static str,
    pub draft_tells_nothing: &'static str,
    pub draft_typing: &'static str,
    pub draft_saved: &'static str,
    pub draft_failed: &'static str,
    pub draft_too_long: &'static str,
    pub draft_apart: &'static str,
    pub draft_apart_text: &'static str,
    pub continue_title: &'static str,
    pub drafts: &'static str,
    pub discard_draft: &'static str,
    pub draft_discarded: &'static str,
    pub untitled: &'static str,
    pub problem_empty: &'static str,
    pub problem_empty_text: &'static str,
    pub problem_too_long: &'static str,
    pub problem_odd: &'static str,
    pub problem_day: &'static str,
    pub problem_day_text: &'static str,

    // Told
    pub saved: &'static str,
    pub thanks_online: &'static str,
    pub thanks_offline: &'static str,
    pub read_it: &'static str,
    pub tell_another: &'static str,
    pub receipt: &'static str,
    pub receipt_foot: &'static str,
    pub stage_phone: &'static str,
    pub stage_received: &'static str,
    pub stage_library: &'static str,
    pub stage_onboarded: &'static str,
    pub saved_on_phone: &'static str,
    pub step_done: &'static str,
    pub step_waiting: &'static str,
    pub step_ahead: &'static str,
    pub waits_for_network: &'static str,
    pub waits_for_turn: &'static str,
    pub refused_note: &'static str,
    pub library_note: &'static str,
    pub onboarded_note: &'static str,

    // Library
    pub search_label: &'static str,
    pub search_placeholder: &'static str,
    pub search_clear: &'static str,
    pub filters: &'static str,
    pub filter_kind: &'static str,
    pub filter_department: &'static str,
    pub filter_site: &'static str,
    pub filter_value: &'static str,
    pub filter_tag: &'static str,
    pub results: &'static str,
    pub searched_phone: &'static str,
    pub searched_newest: &'static str,
    pub searched_server: &'static str,
    pub show_more: &'static str,
    pub library_empty: &'static str,
    pub library_empty_text: &'static str,
    pub nothing_found: &'static str,
    pub nothing_found_text: &'static str,
    pub tell_one: &'static str,
    pub remove_filter: &'static str,

    // Reading
    pub back_to_library: &'static str,
    pub part_situation: &'static str,
    pub part_action: &'static str,
    pub part_outcome: &'static str,
    pub part_lesson: &'static str,
    pub part_quote: &'static str,
    pub reactions: &'static str,
    pub reaction_applause: &'static str,
    pub reaction_learned: &'static str,
    pub reaction_will_try: &'static str,
    pub related: &'static str,
    pub history: &'static str,
    pub met_title: &'static str,
    pub met_text: &'static str,
    pub met_stands: &'static str,
    pub met_keep: &'static str,
    pub met_take: &'static str,
    pub story_missing: &'static str,
    pub story_missing_text: &'static str,
    pub story_deleted: &'static str,
    pub story_deleted_text: &'static str,

    // Onboarding
    pub learn_title: &'static str,
    pub learn_lead: &'static str,
    pub learn_empty: &'static str,
    pub learn_empty_text: &'static str,
    pub path_new: &'static str,
    pub path_change: &'static str,
    pub path_title: &'static str,
    pub path_title_hint: &'static str,
    pub path_purpose: &'static str,
    pub path_purpose_hint: &'static str,
    pub path_question: &'static str,
    pub path_save: &'static str,
    pub path_missing: &'static str,
    pub path_missing_text: &'static str,
    pub path_deleted: &'static str,
    pub path_deleted_text: &'static str,
    pub stops: &'static str,
    pub stops_hint: &'static str,
    pub add_stories: &'static str,
    pub added: &'static str,
    pub back_to_learn: &'static str,
    pub back_to_path: &'static str,
    pub present: &'static str,
    pub present_end: &'static str,
    pub present_offline: &'static str,
    pub read_and_think: &'static str,
    pub usual_question: &'static str,
    pub reveal: &'static str,
    pub hidden_until: &'static str,
    pub talk_about_it: &'static str,
    pub next_stop: &'static str,
    pub stop_missing: &'static str,
    pub stop_missing_text: &'static str,

    // Me
    pub my_stories: &'static str,
    pub mine_empty: &'static str,
    pub mine_empty_text: &'static str,
    pub try_now: &'static str,
    pub all_sent: &'static str,
    pub let_go: &'static str,
    pub mend: &'static str,
    pub this_phone: &'static str,
    pub persisted: &'static str,
    pub persisted_text: &'static str,
    pub not_promised: &'static str,
    pub not_promised_text: &'static str,
    pub protect_rest: &'static str,
    pub ask_persist: &'static str,
    pub not_persisted: &'static str,
    pub used_space: &'static str,
    pub export: &'static str,
    pub export_text: &'static str,
    pub export_file: &'static str,
    pub export_failed: &'static str,
    pub language: &'static str,
    pub sign_out: &'static str,
    pub sign_out_sure: &'static str,
    pub sign_out_not: &'static str,
    pub sign_out_text: &'static str,

    // What depends on numbers, names and kinds
    pub hello: fn(name: &str) -> String,
    pub thanks: fn(name: &str) -> String,
    pub kind: fn(StoryKind) -> &'static str,
    pub part: fn(Part) -> &'static str,
    pub thing: fn(&ThingKind) -> &'static str,
    pub invited_as: fn(Role) -> &'static str,
    pub trouble: fn(Trouble) -> &'static str,
    pub met_by: fn(name: &str, when: &str) -> String,
    pub refused_because: fn(Reason) -> &'static str,
    pub minutes: fn(minutes: u32) -> String,
    pub chars_of: fn(chars: usize, max: usize) -> String,
    pub begun_when: fn(when: &str) -> String,
    pub waiting_count: fn(usize) -> String,
    pub needs_you_count: fn(usize) -> String,
    pub stories_count: fn(usize) -> String,
    pub results_count: fn(usize) -> String,
    pub more_without_filter: fn(usize) -> String,
    pub corrected: fn(query: &str) -> String,
    pub filter_remove: fn(name: &str) -> String,
    pub received_when: fn(when: &str) -> String,
    pub shown_times: fn(u32) -> String,
    pub path_by: fn(author: &str, stops: usize) -> String,
    pub path_stops: fn(usize) -> String,
    pub path_progress: fn(done: usize, of: usize) -> String,
    pub stop_of: fn(stop: usize, of: usize) -> String,
    pub move_up: fn(title: &str) -> String,
    pub move_down: fn(title: &str) -> String,
    pub take_out: fn(title: &str) -> String,
    pub add_story: fn(title: &str) -> String,
    pub last_attempt: fn(when: &str) -> String,
    pub next_attempt: fn(when: &str) -> String,
    pub storage_line: fn(stories: usize, drafts: usize, used_of: Option<(u64, u64)>) -> String,
}

impl Texts {
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::Sv => &sv::TEXTS,
            Language::En => &en::TEXTS,
        }
    }
}

/// `12 345`, with narrow spaces that do not break.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && digits.len() > 4 {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// `3,4 MB`: one decimal below ten, none above.
fn megabytes(bytes: u64, point: char) -> String {
    let tenths = bytes.div_ceil(100_000);
    match tenths {
        0..100 => format!("{}{point}{} MB", tenths / 10, tenths % 10),
        100..10_000 => format!("{} MB", tenths / 10),
        _ => format!("{} GB", tenths / 10_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(thousands(72), "72");
        assert_eq!(thousands(1_234), "1234");
        assert_eq!(thousands(12_345_678), "12\u{202f}345\u{202f}678");
        assert_eq!(megabytes(3_400_000, ','), "3,4 MB");
        assert_eq!(megabytes(940_000_000, ','), "940 MB");
        assert_eq!(megabytes(12_000_000_000, '.'), "12 GB");
    }
}
