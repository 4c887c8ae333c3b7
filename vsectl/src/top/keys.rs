//! What keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::rates::{CoreSort, FlowSort, next};
use super::state::{Pane, State};

/// What the help says: keys, and what they do.
pub(super) const HELP: [(&str, &str); 11] = [
    ("q, Ctrl-C", "quit"),
    ("p, space", "pause, and go on; decisions are kept"),
    ("s, S", "sort by the next key, the one before"),
    ("r", "the other way round"),
    ("/", "filter: words of a match; Esc takes it off"),
    ("Tab", "the next part of the screen"),
    ("up, down, k, j", "scroll by a row"),
    ("PgUp, PgDn", "by a page"),
    ("Home, End, g, G", "to the first row, to the last"),
    ("+, -", "look less often, more often"),
    ("?, h", "this help"),
];

/// Whether the view goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Go,
    Quit,
}

impl State {
    /// Takes a key.
    pub(crate) fn key(&mut self, key: KeyEvent) -> Next {
        if key.kind == KeyEventKind::Release {
            return Next::Go;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && matches!(key.code, KeyCode::Char('c' | 'd')) {
            return Next::Quit;
        }
        if self.filter.is_open() {
            self.filter_key(key.code, control);
            return Next::Go;
        }
        if self.shows_help {
            // Any key: who asked for help may not know which.
            self.shows_help = false;
            return Next::Go;
        }
        let page = self.pages.get(self.focus as usize).copied().unwrap_or(1);
        let page = isize::try_from(page.max(1)).unwrap_or(isize::MAX);
        match key.code {
            KeyCode::Char('q') => return Next::Quit,
            KeyCode::Char('p' | ' ') => self.pause(),
            KeyCode::Char('s') => self.sort_by_next(false),
            KeyCode::Char('S') => self.sort_by_next(true),
            KeyCode::Char('r') => {
                self.is_reversed = !self.is_reversed;
                self.sort();
            }
            KeyCode::Char('/') => self.filter.open(),
            KeyCode::Esc => self.filter.cancel(),
            KeyCode::Tab => self.focus = next(&Pane::ALL, self.focus, false),
            KeyCode::BackTab => self.focus = next(&Pane::ALL, self.focus, true),
            KeyCode::Up | KeyCode::Char('k') => self.scroll(self.focus, -1),
            KeyCode::Down | KeyCode::Char('j') => self.scroll(self.focus, 1),
            KeyCode::PageUp => self.scroll(self.focus, -page),
            KeyCode::PageDown => self.scroll(self.focus, page),
            KeyCode::Home | KeyCode::Char('g') => self.scroll(self.focus, isize::MIN),
            KeyCode::End | KeyCode::Char('G') => {
                self.scroll(self.focus, isize::MAX);
                self.scroll(self.focus, 1 - page);
            }
            KeyCode::Char('+') => self.pace(true),
            KeyCode::Char('-') => self.pace(false),
            KeyCode::Char('?' | 'h') => self.shows_help = true,
            _ => {}
        }
        Next::Go
    }

    fn filter_key(&mut self, code: KeyCode, control: bool) {
        match code {
            KeyCode::Enter => self.filter.accept(),
            KeyCode::Esc => self.filter.cancel(),
            KeyCode::Backspace => self.filter.rub_out(),
            KeyCode::Char('u') if control => self.filter.clear(),
            KeyCode::Char(character) if !control => self.filter.put(character),
            _ => {}
        }
    }

    fn sort_by_next(&mut self, back: bool) {
        match self.focus {
            Pane::Cores => self.core_sort = next(&CoreSort::ALL, self.core_sort, back),
            Pane::Flows => self.flow_sort = next(&FlowSort::ALL, self.flow_sort, back),
            Pane::Decisions => {}
        }
        self.sort();
    }
}
