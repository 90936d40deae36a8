use domain::ports::{InviteView, JoinError, JoinForm};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    context::{live, ports, texts},
    route::{self, Route},
    texts::Texts,
    ui::{Banner, Empty, Glyph, Icon, LanguageChoice, Logo, Screen, Tab, Tone, draw, each, of, on, sent},
};

/// What somebody is writing to get in. Another language draws the screen anew, and a link's secret is read only once:
/// neither may be lost by it.
#[derive(Clone, Copy)]
pub struct Joining {
    form: RwSignal<JoinForm>,
    invite: RwSignal<Option<InviteView>>,
}

impl Joining {
    pub fn new() -> Self {
        Self { form: RwSignal::new(JoinForm::default()), invite: RwSignal::new(None) }
    }

    pub fn forget(self) {
        self.form.set(JoinForm::default());
        self.invite.set(None);
    }
}

fn joining() -> Joining {
    expect_context::<Joining>()
}

/// Where everyone is sent who has not joined: what this is, and the way in.
pub fn welcome() -> AnyView {
    let (t, live) = (texts(), live());
    view! {
        <Screen title=t.app end=|| view! { <LanguageChoice in_bar=true/> }>
            <div class="welcome">
                <Logo/>
                <h1 class="welcome__title">{t.welcome}</h1>
                <p class="welcome__text">{t.welcome_text}</p>
            </div>
            // Whoever signed out with words unsent is not left in doubt.
            {draw(move || (live.unsent.get() > 0).then(|| view! {
                <Banner tone=Tone::Dusk glyph=Glyph::Send title=(t.waiting_count)(live.unsent.get()) text=t.waiting_signed_out/>
            }))}
            <JoinSteps/>
        </Screen>
    }
    .into_any()
}

/// The page that an invite's link or QR code leads to.
pub fn join_page(joined: bool) -> AnyView {
    let (t, live) = (texts(), live());
    // Whoever comes from a sheet of their own is told that it is not lost.
    let has_draft = Memo::new(move |_| live.address.read().query.draft().is_some());
    match joined {
        true => view! {
            <Screen title=t.join tab=Tab::Nowhere>
                <Empty glyph=Glyph::Check title=t.already_in text=t.already_in_text alone=true>
                    <a class="button" data-look="ink" href=Route::Home.to_string()>{t.to_start}</a>
                </Empty>
            </Screen>
        }
        .into_any(),
        false => view! {
            <Screen title=t.join end=|| view! { <LanguageChoice in_bar=true/> }>
                <div>
                    <h1 class="page__title">{t.join}</h1>
                    <p class="page__lead">{t.join_lead}</p>
                </div>
                {draw(move || has_draft.get().then(|| view! {
                    <Banner tone=Tone::Dusk glyph=Glyph::Phone title=t.join_with_draft text=t.join_with_draft_text/>
                }))}
                <JoinSteps/>
            </Screen>
        }
        .into_any(),
    }
}

/// First the code, then who one is.
#[component]
fn JoinSteps() -> impl IntoView {
    let (t, ports) = (texts(), ports());
    let Joining { form, invite } = joining();
    let problem = RwSignal::new(None::<JoinError>);
    let busy = RwSignal::new(false);
    let look = move || {
        if busy.get_untracked() || form.read_untracked().code.trim().is_empty() {
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match ports.accounts().look_at_invite(&form.get_untracked().code).await {
                Ok(found) => invite.set(Some(found)),
                Err(error) => problem.set(Some(error)),
            }
            busy.set(false);
        });
    };
    // A link carries its secret behind the #, where no server log sees it.
    Effect::new(move |_| {
        if let Some(secret) = ports.accounts().invite_in_address() {
            form.update(|form| form.code = secret);
            look();
        }
    });
    let wrong = move || {
        problem.get().map(|problem| {
        view! { <p class="field__error" id="code-problem" role="alert"><Icon glyph=Glyph::Warn/>{join_problem(t, problem)}</p> }
    })
    };
    draw(move || {
        match invite.get() {
        Some(invite) => view! { <WhoAreYou invite=invite/> }.into_any(),
        None => view! {
            <form class="form" on:submit=sent(look)>
                <div class="field">
                    <label class="field__label" for="code">{t.code}</label>
                    <span class="field__hint" id="code-hint">{t.code_hint}</span>
                    <input
                        class="field__input code-input" id="code" autocomplete="one-time-code" autocapitalize="characters"
                        spellcheck="false" aria-describedby="code-hint code-problem"
                        aria-invalid=of(move || problem.get().is_some().to_string())
                        prop:value=of(move || form.read().code.clone())
                        on:input=on(move |event| form.update(|form| form.code = event_target_value(&event)))
                    />
                    {draw(wrong)}
                </div>
                <button class="button" data-look="ink" data-size="large" data-wide data-busy=busy>{t.go_on}</button>
            </form>
        }
        .into_any(),
    }
    })
}

fn join_problem(t: &'static Texts, problem: JoinError) -> &'static str {
    match problem {
        JoinError::NoSuchInvite => t.no_such_invite,
        JoinError::SlowDown => t.slow_down,
        JoinError::NoName => t.no_name,
        JoinError::TooLong => t.name_too_long,
        JoinError::WrongAddress => t.wrong_address,
        JoinError::Unreachable => t.unreachable_text,
        JoinError::Storage => t.storage_failed_text,
        JoinError::Broken => t.broken_text,
    }
}

#[component]
fn WhoAreYou(invite: InviteView) -> impl IntoView {
    let (t, live, ports, joining) = (texts(), live(), ports(), joining());
    let form = joining.form;
    let problem = RwSignal::new(None::<JoinError>);
    let busy = RwSignal::new(false);
    let join = move || {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        // Whoever had begun to tell goes on telling.
        let to = match live.address.read_untracked().query.draft() {
            Some(draft) => route::draft(draft),
            None => Route::Home.to_string(),
        };
        let filled = JoinForm { language: live.language.get_untracked(), ..form.get_untracked() };
        spawn_local(async move {
            match ports.accounts().join(&filled).await {
                Ok(me) => {
                    joining.forget();
                    live.me.set(Some(me));
                    ports.go_instead(to);
                }
                Err(error) => problem.set(Some(error)),
            }
            busy.set(false);
        });
    };
    let sites: Vec<_> = invite.labels.sites.into_iter().map(|label| label.name).collect();
    let departments: Vec<_> = invite.labels.departments.into_iter().map(|label| label.name).collect();
    view! {
        <form class="form" on:submit=sent(join)>
            <p class="form__note">{(t.invited_as)(invite.role)}</p>
            <Field name="name" label=t.your_name hint=t.your_name_hint autocomplete="name" choices=Vec::new()
                value=of(move || form.read().name.clone()) write=move |text| form.update(|form| form.name = text)/>
            <Field name="site" label=t.filter_site hint=t.site_hint autocomplete="off" choices=sites
                value=of(move || form.read().site.clone()) write=move |text| form.update(|form| form.site = text)/>
            <Field name="department" label=t.filter_department hint=t.department_hint autocomplete="off" choices=departments
                value=of(move || form.read().department.clone()) write=move |text| form.update(|form| form.department = text)/>
            {draw(move || problem.get().map(|problem| view! {
                <p class="field__error" role="alert"><Icon glyph=Glyph::Warn/>{join_problem(t, problem)}</p>
            }))}
            <button class="button" data-look="ink" data-size="large" data-wide data-busy=busy>{t.join_now}</button>
        </form>
    }
}

#[component]
fn Field(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    autocomplete: &'static str,
    choices: Vec<String>,
    value: Signal<String>,
    write: impl Fn(String) + 'static,
) -> impl IntoView {
    let list = format!("{name}-choices");
    let with_list = (!choices.is_empty()).then(|| list.clone());
    view! {
        <label class="field">
            <span class="field__label">{label}</span>
            <span class="field__hint">{hint}</span>
            <input
                class="field__input" name=name autocomplete=autocomplete maxlength="80" list=with_list
                prop:value=value on:input=on(move |event| write(event_target_value(&event)))
            />
            <datalist id=list>{each(choices.into_iter().map(|choice| view! { <option value=choice></option> }))}</datalist>
        </label>
    }
}
