//! A value a slot, in pages: a page in which nobody has one takes nothing.
//!
//! Cards of one kind lie beside one another, so what only some kinds have costs the others nothing;
//! and a column grows without being copied.

/// Slots of a page.
const PAGE: usize = 1024;

/// One value for each slot; `none` where nothing was set.
#[derive(Debug)]
pub(super) struct Column<T> {
    pages: Vec<Option<Box<[T]>>>,
    none: T,
}

impl<T: Copy + PartialEq> Column<T> {
    /// An empty column.
    pub(super) fn new(none: T) -> Self {
        Self { pages: Vec::new(), none }
    }

    /// The value of a slot.
    #[inline]
    pub(super) fn get(&self, slot: usize) -> T {
        match self.pages.get(slot / PAGE) {
            Some(Some(page)) => page[slot % PAGE],
            _ => self.none,
        }
    }

    /// Sets the value of a slot.
    #[inline]
    pub(super) fn set(&mut self, slot: usize, value: T) {
        let at = slot / PAGE;
        if let Some(Some(page)) = self.pages.get_mut(at) {
            page[slot % PAGE] = value;
        } else if value != self.none {
            self.begin(at)[slot % PAGE] = value;
        }
    }

    #[cold]
    fn begin(&mut self, at: usize) -> &mut [T] {
        if self.pages.len() <= at {
            self.pages.resize_with(at + 1, || None);
        }
        self.pages[at].get_or_insert_with(|| vec![self.none; PAGE].into_boxed_slice())
    }

    /// Sets the value of a slot back and gives what it was.
    pub(super) fn take(&mut self, slot: usize) -> T {
        let value = self.get(slot);
        self.set(slot, self.none);
        value
    }

    /// The pages there are, each with its first slot.
    pub(super) fn pages(&self) -> impl Iterator<Item = (usize, &[T])> {
        let numbered = self.pages.iter().enumerate();
        numbered.filter_map(|(at, page)| Some((at * PAGE, &**page.as_ref()?)))
    }

    /// Whether there is a page for a slot.
    pub(super) fn is_paged(&self, slot: usize) -> bool {
        matches!(self.pages.get(slot / PAGE), Some(Some(_)))
    }

    /// The slots with a value, with mutable access to it.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let none = self.none;
        let pages = self.pages.iter_mut().flatten();
        pages.flat_map(|page| page.iter_mut()).filter(move |value| **value != none)
    }

    /// Bytes held.
    pub(super) fn footprint(&self) -> usize {
        self.pages.iter().flatten().count() * PAGE * size_of::<T>()
            + self.pages.len() * size_of::<Option<Box<[T]>>>()
    }
}
