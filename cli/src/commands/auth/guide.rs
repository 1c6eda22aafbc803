//! How to make an app, for those who have none. Larder ships no key of its own: the limits of an app are shared by all its users, and
//! whoever ships one can have everybody's sign-in ended.

use larder_model::Problem;

const STEPS: &str = "\
make an app of your own, it takes two minutes:
  1. open https://www.dropbox.com/developers/apps and choose \"Create app\"
  2. choose \"Scoped access\" and \"Full Dropbox\", and give it any name, such as larder-YOURNAME
  3. under \"Permissions\", tick account_info.read, files.metadata.read, files.content.read and, to restore to Dropbox or to keep
     stores there, files.content.write; then \"Submit\"
  4. under \"Settings\", add the redirect URI http://localhost:53682/ and copy the \"App key\"
  5. run this again with it: larder auth dropbox --name NAME --app-key KEY";

pub fn no_app_key() -> Problem {
    Problem::usage("signing in to Dropbox needs the key of an app").hint(STEPS)
}
