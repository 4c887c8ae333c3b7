//! Draws the state: two lines on top, three tables, a line of keys.

use codec::vse::{Core, CoreFlags};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Cell, Clear, Paragraph, Row, Table};

use super::keys::HELP;
use super::rates::{CoreRow, CoreSort, FlowRow};
use super::state::{Pane, State};
use crate::render::agent_tables::{age, bar, core as core_text, percent, words};
use crate::view::AssignmentView;

/// Below this nothing can be read.
const LEAST: (u16, u16) = (40, 8);
/// From this width on there is room for the reason of an entry's core.
const WIDE: u16 = 100;
/// Characters of the bar of a load.
const BAR: u16 = 8;

/// Draws the state; notes in it how long a page of each part is.
pub(super) fn draw(state: &mut State, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = format!("{} by {} or more, please", LEAST.0, LEAST.1);
        frame.render_widget(Paragraph::new(text), area);
        return;
    }
    let style = Styles { color: state.options.color };
    let room = area.height.saturating_sub(3);
    let cores = u16::try_from(state.cores.len()).unwrap_or(u16::MAX).min((room / 3).max(2));
    let decisions = if room < 12 { 0 } else { (room / 4).min(8) };
    let [title, summary, cores, flows, decisions, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(cores + 1),
        Constraint::Min(2),
        Constraint::Length(decisions),
        Constraint::Length(1),
    ])
    .areas(area);
    draw_title(state, style, title, frame);
    draw_summary(state, style, summary, frame);
    draw_cores(state, style, cores, frame);
    draw_flows(state, style, flows, frame);
    draw_decisions(state, style, decisions, frame);
    draw_foot(state, style, foot, frame);
    for (pane, area) in [(Pane::Cores, cores), (Pane::Flows, flows), (Pane::Decisions, decisions)] {
        if let Some(page) = state.pages.get_mut(pane as usize) {
            *page = usize::from(area.height.saturating_sub(1));
        }
    }
    if state.shows_help {
        draw_help(style, area, frame);
    }
}

/// Styles, with colours or without.
#[derive(Debug, Clone, Copy)]
struct Styles {
    color: bool,
}

impl Styles {
    fn fg(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }

    fn bold() -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    fn head(self, has_focus: bool) -> Style {
        let style = Style::new().add_modifier(Modifier::REVERSED);
        if has_focus { style.add_modifier(Modifier::BOLD) } else { style.patch(self.dim()) }
    }

    fn dim(self) -> Style {
        if self.color { Style::new().add_modifier(Modifier::DIM) } else { Style::new() }
    }

    fn alarm(self) -> Style {
        self.fg(Color::Red).add_modifier(Modifier::BOLD)
    }

    fn load(self, row: &CoreRow) -> Style {
        if row.core.flags.contains(CoreFlags::HIGH) {
            self.alarm()
        } else if row.core.load >= 500 {
            self.fg(Color::Yellow)
        } else {
            self.fg(Color::Green)
        }
    }
}

fn draw_title(state: &State, style: Styles, area: Rect, frame: &mut Frame<'_>) {
    let mut left = vec![
        Span::styled("vsectl top", Styles::bold()),
        Span::raw(format!("  {}", state.options.target)),
    ];
    if state.is_paused {
        left.push(Span::styled("  PAUSED", style.alarm()));
    }
    let every = format!("{}  every {:?}", state.clock, state.options.interval);
    frame.render_widget(Line::from(left), area);
    frame.render_widget(Paragraph::new(every).alignment(Alignment::Right), area);
}

fn draw_summary(state: &State, style: Styles, area: Rect, frame: &mut Frame<'_>) {
    if let Some(why) = &state.lost {
        let why: String = why.chars().filter(|c| !c.is_control()).collect();
        let text = format!("no agent, trying again: {why}");
        frame.render_widget(Line::styled(text, style.alarm()), area);
        return;
    }
    let Some(datapath) = &state.datapath else { return };
    let totals = &state.totals;
    let name = match (datapath.name.to_string(), datapath.mode.to_string()) {
        (name, mode) if name == mode => name,
        (name, mode) => format!("{name} ({mode})"),
    };
    let mut spans = vec![Span::raw(format!(
        "{name}  {} of {} entries  matched {}/s  missed {}/s  sent {}/s  kept {}/s",
        datapath.n_flows,
        datapath.max_flows,
        short(totals.matched),
        short(totals.missed),
        short(totals.redirected),
        short(totals.passed),
    ))];
    if datapath.errors > 0 {
        let text = format!("  errors {} ({}/s)", datapath.errors, short(totals.errors));
        spans.push(Span::styled(text, style.alarm()));
    }
    frame.render_widget(Line::from(spans), area);
}

fn draw_cores(state: &State, style: Styles, area: Rect, frame: &mut Frame<'_>) {
    let fixed = [4, 7, BAR, 8, 7, 8, 12];
    let history = area.width.saturating_sub(fixed.iter().sum::<u16>() + 7).max(4);
    let rows = state.cores.iter().skip(state.scrolled(Pane::Cores)).map(|row| {
        let loads = state.history.get(&row.core.core.0);
        let loads = loads.into_iter().flatten().copied();
        Row::new([
            right(row.core.core.to_string()),
            right(percent(row.core.load)).style(style.load(row)),
            Cell::new(bar(row.core.load, BAR.into())).style(style.load(row)),
            Cell::new(curve(loads, history.into())),
            Cell::new(words(&row.core.vms)),
            right(row.core.entries.to_string()),
            right(short(row.packets)),
            Cell::new(core_state(row)),
        ])
    });
    let last = last_head(state.core_sort);
    let head = ["CORE", "LOAD", "", "HISTORY", "VMS", "ENTRIES", "PKT/S", &last];
    let [core, load, bar, vms, entries, rate, state_width] = fixed.map(Constraint::Length);
    let widths = [core, load, bar, Constraint::Length(history), vms, entries, rate, state_width];
    let head = header(&head, &[0, 1, 5, 6]).style(style.head(state.focus == Pane::Cores));
    frame.render_widget(Table::new(rows, widths).header(head), area);
}

/// The heading of the last column: the order, where it is not the usual one.
fn last_head(by: CoreSort) -> String {
    match by {
        CoreSort::Number => "STATE".to_owned(),
        by => format!("(by {})", by.name()),
    }
}

fn draw_flows(state: &State, style: Styles, area: Rect, frame: &mut Frame<'_>) {
    let is_wide = area.width >= WIDE;
    let rows = state.shown_flows().skip(state.scrolled(Pane::Flows));
    let rows = rows.take(area.height.into()).map(|row| flow_row(row, is_wide, style));
    let mut widths = vec![5, 4, 8, 8, 8, 6];
    if is_wide {
        widths.push(20);
    }
    let mut widths: Vec<_> = widths.into_iter().map(Constraint::Length).collect();
    widths.push(Constraint::Fill(1));
    let reversed = if state.is_reversed { ", reversed" } else { "" };
    let by = format!("MATCH  (by {}{reversed})", state.flow_sort.name());
    let mut head = vec!["PRIO", "CORE", "PKT/S", "BIT/S", "PACKETS", "AGE"];
    if is_wide {
        head.push("WHY");
    }
    head.push(&by);
    let head = header(&head, &[0, 1, 2, 3, 4, 5]).style(style.head(state.focus == Pane::Flows));
    frame.render_widget(Table::new(rows, widths).header(head), area);
}

fn flow_row<'a>(row: &FlowRow, is_wide: bool, style: Styles) -> Row<'a> {
    let matched = row.flow.matched();
    let matched = if matched.is_empty() { "any".to_owned() } else { matched };
    let done = row.flow.stats.as_ref();
    let has_core = done.is_some_and(|done| done.core != Core::NONE);
    let mut cells = vec![
        right(row.flow.priority.to_string()),
        right(done.map_or("-".to_owned(), |done| core_text(done.core))),
        right(short(row.packets)),
        right(short(row.bits)),
        right(done.map_or("-".to_owned(), |done| count(done.packets))),
        right(done.map_or("-".to_owned(), |done| age(done.duration))),
    ];
    if is_wide {
        let why = done.filter(|_| has_core).map(|done| done.reason.to_string());
        cells.push(Cell::new(why.unwrap_or_else(|| "-".to_owned())));
    }
    cells.push(Cell::new(matched));
    let rests = row.packets == 0.0;
    Row::new(cells).style(if rests { style.dim() } else { Style::new() })
}

fn draw_decisions(state: &State, style: Styles, area: Rect, frame: &mut Frame<'_>) {
    let rows = state.shown_decisions().skip(state.scrolled(Pane::Decisions));
    let rows = rows.take(area.height.into()).map(decision_row);
    let head = ["TIME", "DECISION", "CORES", "WHY", "VM", "MATCH"];
    let head = header(&head, &[4]).style(style.head(state.focus == Pane::Decisions));
    let widths = [
        Constraint::Length(8),
        Constraint::Length(8),
        Constraint::Length(8),
        Constraint::Length(20),
        Constraint::Length(4),
        Constraint::Fill(1),
    ];
    frame.render_widget(Table::new(rows, widths).header(head), area);
}

fn decision_row<'a>(told: &AssignmentView) -> Row<'a> {
    // Of 2026-11-25T18:00:00.000000000Z.
    let time = told.time.get(11..19).unwrap_or(&told.time).to_owned();
    let matched = if told.matched.is_empty() { "any" } else { &told.matched };
    Row::new([
        Cell::new(time),
        Cell::new(told.event.to_string()),
        Cell::new(format!("{} -> {}", core_text(told.old_core), core_text(told.new_core))),
        Cell::new(told.reason.to_string()),
        right(told.vm_id.map_or("-".to_owned(), |vm| vm.to_string())),
        Cell::new(format!("priority={} {matched}", told.priority)),
    ])
}

fn draw_foot(state: &State, style: Styles, area: Rect, frame: &mut Frame<'_>) {
    let filter = state.filter.text();
    let line = if state.filter.is_open() {
        Line::from(vec![
            Span::styled("filter: ", Styles::bold()),
            Span::raw(filter.to_owned()),
            Span::styled(" ", Style::new().add_modifier(Modifier::REVERSED)),
        ])
    } else {
        let mut spans = Vec::new();
        if !filter.is_empty() {
            let (shown, all) = (state.rows(Pane::Flows), state.all_flows);
            let text = format!("{shown} of {all} with {filter:?} (Esc: all)  ");
            spans.push(Span::styled(text, style.fg(Color::Yellow)));
        }
        let keys = [("q", "quit"), ("p", "pause"), ("s", "sort"), ("/", "filter"), ("?", "help")];
        for (key, does) in keys {
            spans.push(Span::styled(key, Styles::bold()));
            spans.push(Span::raw(format!(" {does}  ")));
        }
        Line::from(spans)
    };
    frame.render_widget(line, area);
}

fn draw_help(style: Styles, area: Rect, frame: &mut Frame<'_>) {
    let lines = HELP.map(|(key, does)| {
        Line::from(vec![Span::styled(format!("{key:<18}"), Styles::bold()), Span::raw(does)])
    });
    let height = u16::try_from(lines.len()).unwrap_or(0) + 2;
    let (width, height) = (64.min(area.width), height.min(area.height));
    let middle = |all: u16, own: u16| all.saturating_sub(own) / 2;
    let (x, y) = (middle(area.width, width), middle(area.height, height));
    let area = Rect { x: area.x + x, y: area.y + y, width, height };
    let block = Block::bordered().title(" Keys ").border_style(style.fg(Color::Cyan));
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines.to_vec()).block(block), area);
}

fn header<'a>(titles: &[&str], numbers: &[usize]) -> Row<'a> {
    Row::new(titles.iter().enumerate().map(|(at, title)| {
        let text = (*title).to_owned();
        if numbers.contains(&at) { right(text) } else { Cell::new(text) }
    }))
}

/// A number stands at the right of its column.
fn right<'a>(text: String) -> Cell<'a> {
    Cell::new(Line::from(text).alignment(Alignment::Right))
}

fn core_state(row: &CoreRow) -> &'static str {
    let flags = row.core.flags;
    if !flags.contains(CoreFlags::ONLINE) {
        "offline"
    } else if !flags.contains(CoreFlags::ELIGIBLE) {
        "not eligible"
    } else if flags.contains(CoreFlags::HIGH) {
        "high"
    } else if flags.contains(CoreFlags::PRIORITY) {
        "priority"
    } else {
        "eligible"
    }
}

/// Loads as a curve of so many characters, the latest at the right.
fn curve(loads: impl DoubleEndedIterator<Item = u16>, width: usize) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let step = |load: u16| {
        let at = usize::from(load.min(1000)) * STEPS.len() / 1001;
        STEPS.get(at).copied().unwrap_or(' ')
    };
    let latest: Vec<char> = loads.rev().take(width).map(step).collect();
    let blanks = width.saturating_sub(latest.len());
    std::iter::repeat_n(' ', blanks).chain(latest.into_iter().rev()).collect()
}

#[allow(clippy::cast_precision_loss, reason = "a number of three digits")]
fn count(number: u64) -> String {
    short(number as f64)
}

/// A number in at most six characters.
fn short(number: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    // What rounds to a thousand has the next unit.
    let unit = UNITS.iter().find(|(size, _)| number >= size * 0.9995);
    let (scaled, unit) = unit.map_or((number, ""), |(size, unit)| (number / size, *unit));
    match scaled {
        scaled if unit.is_empty() && scaled.fract() == 0.0 => format!("{scaled:.0}"),
        scaled if scaled < 9.995 => format!("{scaled:.2}{unit}"),
        scaled if scaled < 99.95 => format!("{scaled:.1}{unit}"),
        scaled => format!("{scaled:.0}{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (number, text) in [
            (0.0, "0"),
            (7.0, "7"),
            (0.5, "0.50"),
            (12.34, "12.3"),
            (999.0, "999"),
            (999.9, "1.00k"),
            (1234.0, "1.23k"),
            (123_456.0, "123k"),
            (9_999_999.0, "10.0M"),
            (3.2e13, "32.0T"),
        ] {
            assert_eq!(short(number), text);
        }
    }

    #[test]
    fn curves() {
        assert_eq!(curve([0, 500, 1000].into_iter(), 5), "  ▁▄█");
        assert_eq!(curve([0, 500, 1000].into_iter(), 2), "▄█");
    }
}
