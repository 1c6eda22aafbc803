//! How many requests run side by side.

use super::Plane;

/// Listings and look-ups side by side: more of the same kind are answered with 429.
const METADATA: usize = 4;

/// Data requests side by side to start with.
const DATA_START: f64 = 8.0;

/// Two, so that one transfer that is held open never blocks the others for good.
const DATA_LEAST: f64 = 2.0;

#[derive(Debug)]
pub(super) struct Places {
    metadata: usize,
    up: usize,
    down: usize,
    data_limit: f64,
    data_most: f64,
}

impl Places {
    pub fn new(threads: usize) -> Self {
        let most = threads.max(1) as f64;
        Self { metadata: 0, up: 0, down: 0, data_limit: DATA_START.min(most), data_most: most }
    }

    pub fn is_free(&self, plane: Plane) -> bool {
        match plane {
            Plane::Metadata => self.metadata < METADATA,
            Plane::Up => self.up < self.data_limit as usize,
            Plane::Down => self.down < self.data_limit as usize,
            Plane::Commit => true,
        }
    }

    pub fn take(&mut self, plane: Plane) {
        if let Some(taken) = self.taken(plane) {
            *taken += 1;
        }
    }

    pub fn give_back(&mut self, plane: Plane) {
        if let Some(taken) = self.taken(plane) {
            *taken -= 1;
        }
    }

    pub fn halve(&mut self) {
        self.data_limit = (self.data_limit / 2.0).max(DATA_LEAST.min(self.data_most));
    }

    /// One more after each has gone well once.
    pub fn raise(&mut self) {
        self.data_limit = (self.data_limit + 1.0 / self.data_limit).min(self.data_most);
    }

    fn taken(&mut self, plane: Plane) -> Option<&mut usize> {
        match plane {
            Plane::Metadata => Some(&mut self.metadata),
            Plane::Up => Some(&mut self.up),
            Plane::Down => Some(&mut self.down),
            Plane::Commit => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free_data(places: &mut Places) -> usize {
        let mut count = 0;
        while places.is_free(Plane::Up) {
            places.take(Plane::Up);
            count += 1;
        }
        (0..count).for_each(|_| places.give_back(Plane::Up));
        count
    }

    #[test]
    fn places_are_halved_and_come_back_one_by_one() {
        let mut places = Places::new(16);
        assert_eq!(free_data(&mut places), 8);
        places.halve();
        assert_eq!(free_data(&mut places), 4);
        (0..5).for_each(|_| places.raise());
        assert_eq!(free_data(&mut places), 5);
        (0..1000).for_each(|_| places.raise());
        assert_eq!(free_data(&mut places), 16);
        (0..10).for_each(|_| places.halve());
        assert_eq!(free_data(&mut places), 2);
    }

    #[test]
    fn what_comes_down_takes_no_place_from_what_goes_up() {
        let mut places = Places::new(1);
        places.take(Plane::Down);
        assert!(!places.is_free(Plane::Down) && places.is_free(Plane::Up));
    }

    #[test]
    fn one_thread_is_one_place() {
        let mut places = Places::new(1);
        places.halve();
        assert_eq!(free_data(&mut places), 1);
    }
}
