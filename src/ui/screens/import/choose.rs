//! Choosing a file: a path with completion, and what is in its folder.

use super::path::{self, Entry, Is};
use crate::exchange::FileTrouble;
use crate::office::Refusal;
use crate::said;
use crate::terminal::{InputLine, Key};
use crate::ui::action::Action;
use crate::ui::rows::{self, Column, RowShown, Window};
use crate::ui::screen::Look;
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A path being typed.
pub struct Choose {
    home: PathBuf,
    line: InputLine,
    entries: Vec<Entry>,
    window: Window,
    /// The mark was moved: what is marked is meant, whatever is typed.
    moved: bool,
    /// Why the last file could not be taken.
    trouble: Option<Refusal>,
}

impl Choose {
    /// Begins in the home folder.
    pub fn new(home: &Path) -> Self {
        let mut choose = Self {
            home: home.to_path_buf(),
            line: InputLine::default(),
            entries: Vec::new(),
            window: Window::default(),
            moved: false,
            trouble: None,
        };
        // Whoever has no home folder begins where everything begins.
        choose.set(if home.as_os_str().is_empty() { "/" } else { "~/" });
        choose
    }

    /// Puts a path into the line.
    pub fn set(&mut self, path: &str) {
        self.line.set_text(path);
        self.list();
    }

    /// A key that writes something.
    pub fn handle(&mut self, key: Key) {
        self.line.handle(key);
        // Whoever types another beginning need not take away what is there. A terminal may
        // write out as typed what was pasted.
        let typed = self.line.text().strip_prefix("~/").unwrap_or_default();
        if ["/", "'", "\"", "file:"].contains(&typed) {
            let typed = typed.to_string();
            self.line.set_text(&typed);
        }
        self.list();
    }

    /// A paste: a whole path takes the place of what is there.
    pub fn pasted(&mut self, pasted: &str) {
        let path = path::cleaned(pasted);
        if path::is_whole(&path) {
            self.line.clear();
        }
        self.line.insert(&path);
        self.list();
    }

    /// Tab: writes what the entries have in common.
    pub fn complete(&mut self) {
        let (folder, name) = path::split(self.line.text());
        if folder == "~" {
            return self.set("~/");
        }
        if let Some(written) = path::completed(name, &self.entries) {
            let path = format!("{folder}{written}");
            self.set(&path);
        }
    }

    /// Moves the mark; false for an action that moves nothing.
    pub fn step(&mut self, action: Action) -> bool {
        let moves = self.window.act(action, self.entries.len());
        self.moved |= moves;
        moves
    }

    /// Enter: the file that is meant; nothing when a folder was gone into, or the line says why
    /// not.
    pub fn enter(&mut self) -> Option<PathBuf> {
        self.trouble = None;
        let clean = path::cleaned(self.line.text());
        if clean != self.line.text() && !path::meant(self.line.text(), &self.home).exists() {
            self.set(&clean);
        }
        let (folder, name) = path::split(self.line.text());
        let typed = path::meant(self.line.text(), &self.home);
        let marked = self.entries.get(self.window.at);
        let marked = marked.filter(|_| self.moved || name.is_empty() || !typed.is_file());
        if let Some(entry) = marked {
            if entry.is == Is::Folder {
                let path = format!("{folder}{}", entry.shown());
                self.set(&path);
                return None;
            }
            let path = path::meant(folder, &self.home).join(&entry.name);
            let shown = format!("{folder}{}", entry.shown());
            self.set(&shown);
            return self.readable(path);
        }
        if typed.is_dir() && !self.line.text().ends_with('/') {
            let path = format!("{}/", self.line.text());
            self.set(&path);
            return None;
        }
        self.readable(typed)
    }

    /// A file that can be opened; else the line says why not.
    fn readable(&mut self, path: PathBuf) -> Option<PathBuf> {
        let shown = path.display().to_string();
        let trouble = match fs::metadata(&path) {
            Ok(of) if of.is_dir() => FileTrouble::Folder(shown),
            Ok(of) if !of.is_file() => FileTrouble::Foreign(
                said!("{shown} 不是普通文件。", "{shown} is no ordinary file."),
                said!("请选一个表格文件。", "Choose a table file."),
            ),
            Ok(_) => match File::open(&path) {
                Ok(_) => return Some(path),
                Err(error) => FileTrouble::Machine { path: shown, why: error.to_string() },
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                FileTrouble::Missing(shown)
            }
            Err(error) => FileTrouble::Machine { path: shown, why: error.to_string() },
        };
        self.fail(trouble.into());
        None
    }

    /// The file could not be taken, for this reason.
    pub fn fail(&mut self, why: Refusal) {
        self.trouble = Some(why);
    }

    fn list(&mut self) {
        let (folder, name) = path::split(self.line.text());
        let folder = if folder == "~" { "~/" } else { folder };
        self.entries = path::entries(&path::meant(folder, &self.home), name);
        self.window = Window::default();
        self.moved = false;
        self.trouble = None;
    }

    /// Draws the line, what is wrong, and the folder below; returns where the cursor belongs.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let label = said!("文件：", "File: ");
        let used = look.say(buf, area.x, area.y, area.width, &label, Tone::Title);
        let line = Rect::new(area.x + used, area.y, area.width.saturating_sub(used), 1);
        let cursor = rows::input(buf, line, look, &self.line, true);
        let mut below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        if let Some(why) = &self.trouble {
            let told = rows::paragraphs(
                buf,
                below,
                look,
                &[(Tone::Bad, &why.message), (Tone::Plain, &why.next)],
            );
            below = Rect { y: below.y + told, height: below.height.saturating_sub(told), ..below };
        }
        below = Rect { y: below.y + 1, height: below.height.saturating_sub(3), ..below };
        if self.entries.is_empty() {
            look.say(buf, below.x, below.y, below.width, &self.nothing(), Tone::Quiet);
        } else {
            let columns = [
                Column { title: said!("名称", "Name"), cells: 0 },
                Column { title: said!("大小", "Size"), cells: 10 },
            ];
            let shown: Vec<RowShown> = self.entries.iter().map(shown).collect();
            rows::list(buf, below, look, &columns, &shown, &self.window);
        }
        let hint = said!(
            "Tab 补全　↑↓ 选　回车 打开　Esc 返回　可以粘贴路径，也可以打拼音",
            "Tab completes   arrows choose   Enter opens   Esc back   paths can be pasted"
        );
        look.say(buf, area.x, area.bottom().saturating_sub(1), area.width, &hint, Tone::Quiet);
        cursor
    }

    fn nothing(&self) -> Said {
        let (folder, name) = path::split(self.line.text());
        match (path::meant(folder, &self.home).is_dir(), name.is_empty()) {
            (false, _) => said!("没有这个文件夹。", "There is no such folder."),
            (true, true) => said!("这个文件夹是空的。", "This folder is empty."),
            (true, false) => {
                said!("这个文件夹里没有这样开头的。", "Nothing in this folder begins so.")
            }
        }
    }
}

fn shown(entry: &Entry) -> RowShown {
    let size = match (entry.is, entry.bytes) {
        (Is::Folder, _) => String::new(),
        (_, bytes) if bytes < 10 << 10 => format!("{bytes} B"),
        (_, bytes) if bytes < 10 << 20 => format!("{} KB", bytes >> 10),
        (_, bytes) => format!("{} MB", bytes >> 20),
    };
    let tone = (entry.is == Is::Other).then_some(Tone::Quiet);
    RowShown { cells: vec![entry.shown(), size], tone, picked: false }
}
