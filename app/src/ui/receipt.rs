use domain::view::{Stage, StoryReceipt};
use leptos::prelude::*;

use super::{Glyph, Icon, draw, each};
use crate::context::{live, moment, texts, weekday_today};

/// One step of a receipt, as it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The phone vouches for itself.
    Kept,
    /// The server has said so.
    Confirmed,
    Waiting,
    Refused,
    Ahead,
}

impl Step {
    fn key(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Confirmed => "confirmed",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Ahead => "ahead",
        }
    }

    fn glyph(self) -> Option<Glyph> {
        match self {
            Self::Kept | Self::Confirmed => Some(Glyph::Check),
            Self::Waiting => Some(Glyph::Clock),
            Self::Refused => Some(Glyph::Warn),
            Self::Ahead => None,
        }
    }

    fn word(self) -> &'static str {
        let t = texts();
        match self {
            Self::Kept | Self::Confirmed => t.step_done,
            Self::Waiting => t.step_waiting,
            Self::Refused => t.needs_you,
            Self::Ahead => t.step_ahead,
        }
    }
}

const STAGES: [Stage; 4] = [Stage::OnPhone, Stage::Received, Stage::InLibrary, Stage::Onboarded];

fn step(receipt: &StoryReceipt, stage: Stage) -> Step {
    let reached = receipt.stage();
    match stage {
        Stage::OnPhone => Step::Kept,
        Stage::Received if receipt.refused.is_some() => Step::Refused,
        stage if stage <= reached => Step::Confirmed,
        // What the library has it has, whatever becomes of the latest change.
        Stage::InLibrary if receipt.in_library => Step::Confirmed,
        Stage::Onboarded if receipt.in_library && receipt.shown > 0 => Step::Confirmed,
        Stage::Received => Step::Waiting,
        _ => Step::Ahead,
    }
}

fn name(stage: Stage) -> &'static str {
    let t = texts();
    match stage {
        Stage::OnPhone => t.stage_phone,
        Stage::Received => t.stage_received,
        Stage::InLibrary => t.stage_library,
        Stage::Onboarded => t.stage_onboarded,
    }
}

/// The receipt, torn off like at the till.
#[component]
pub fn Slip(heading: String, receipt: StoryReceipt) -> impl IntoView {
    let t = texts();
    let note = move |stage: Stage, step: Step| match (stage, step) {
        (_, Step::Refused) => Some(t.refused_note.to_owned()),
        (Stage::Received, Step::Waiting) if !live().online.get() => Some(t.waits_for_network.to_owned()),
        (Stage::Received, Step::Waiting) => Some(t.waits_for_turn.to_owned()),
        (Stage::InLibrary, Step::Confirmed) if receipt.received_at.is_none() => {
            Some(t.library_before.to_owned())
        }
        (Stage::InLibrary, Step::Ahead) => Some(t.library_note.to_owned()),
        (Stage::Onboarded, Step::Ahead) => Some(t.onboarded_note.to_owned()),
        (Stage::Onboarded, Step::Confirmed) => Some((t.shown_times)(receipt.shown)),
        _ => None,
    };
    let when = move |stage: Stage| match stage {
        Stage::OnPhone => receipt.told_at,
        Stage::Received => receipt.received_at,
        _ => None,
    };
    let row = move |stage: Stage| {
        let step = step(&receipt, stage);
        view! {
            <li class="step" data-state=step.key()>
                <span class="step__mark">{step.glyph().map(|glyph| view! { <Icon glyph/> })}</span>
                <span class="step__name">
                    {name(stage)}
                    <span class="visually-hidden">": "{step.word()}</span>
                    {draw(move || note(stage, step).map(|note| view! { <span class="step__note">{note}</span> }))}
                </span>
                {when(stage).map(|at| draw(move || {
                    moment(at).map(|when| view! { <time class="step__when">{when}</time> })
                }))}
            </li>
        }
    };
    view! {
        <section class="slip" aria-label=t.receipt>
            <div class="slip__paper">
                <div class="slip__head">
                    <p class="slip__kicker">{t.receipt}</p>
                    <h2 class="slip__title" dir="auto">{heading}</h2>
                    <p class="story__meta">{draw(weekday_today)}</p>
                </div>
                <ol class="steps">{each(STAGES.map(row))}</ol>
                <p class="slip__foot">{t.receipt_foot}</p>
            </div>
        </section>
    }
}

/// The same four steps on one line, for lists.
#[component]
pub fn ReceiptLine(receipt: StoryReceipt) -> impl IntoView {
    let t = texts();
    let tone = match (receipt.refused, receipt.received_at) {
        (Some(_), _) => "rust",
        (None, None) => "dusk",
        (None, Some(_)) => "leaf",
    };
    let word = move || match (receipt.refused, receipt.stage()) {
        (Some(_), _) => t.needs_you.to_owned(),
        (None, Stage::OnPhone) => t.saved_on_phone.to_owned(),
        (None, Stage::Received) => match receipt.received_at.and_then(moment) {
            Some(when) => (t.received_when)(&when),
            None => t.stage_received.to_owned(),
        },
        (None, Stage::InLibrary) => t.stage_library.to_owned(),
        (None, Stage::Onboarded) => (t.shown_times)(receipt.shown),
    };
    let mark = move |stage: Stage| {
        let step = step(&receipt, stage);
        view! {
            <li class="step" data-state=step.key()>
                <span class="step__mark">{step.glyph().map(|glyph| view! { <Icon glyph/> })}</span>
                <span class="visually-hidden">{name(stage)}": "{step.word()}</span>
            </li>
        }
    };
    view! {
        <div class="receipt-row" data-tone=tone>
            <ol class="steps" data-size="line">{each(STAGES.map(mark))}</ol>
            <span>{draw(word)}</span>
        </div>
    }
}
