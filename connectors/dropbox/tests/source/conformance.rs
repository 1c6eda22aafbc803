//! The contract of sources. A listing is made once, so every change is followed by a new one.

use larder_connect::{
    Past, Source,
    conformance::source::{Place, run},
};

use super::kit::World;

impl Place for World {
    fn source(&self) -> Box<dyn Source> {
        let source = World::source(self);
        source.list(&Past::default(), &mut |skip| panic!("{}", skip.message)).unwrap();
        Box::new(source)
    }

    fn write(&self, path: &str, body: &[u8]) {
        self.account.write(&format!("/root/{path}"), body);
    }

    fn make_folder(&self, path: &str) {
        self.account.make_folder(&format!("/root/{path}"));
    }

    fn rename(&self, from: &str, to: &str) {
        let to = format!("/root/{to}");
        if self.account.id_of(&to).is_some() {
            self.account.delete(&to);
        }
        self.account.rename(&format!("/root/{from}"), &to);
    }

    fn remove(&self, path: &str) {
        self.account.delete(&format!("/root/{path}"));
    }

    fn link(&self, _: &str, _: &str) -> bool {
        false
    }
}

#[test]
fn an_account_keeps_the_contract_of_sources() {
    run(|| {
        let mut world = World::new();
        world.account.make_folder("/root");
        "/root".clone_into(&mut world.options.path);
        world
    });
}
