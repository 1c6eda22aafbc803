//! Accounts, space, tokens, and the route that only echoes.

use serde_json::{Value, json};

use super::root::root_info;
use super::{Call, Outcome, Reply};

pub fn revoke(call: &mut Call<'_>) -> Outcome {
    call.no_arg()?;
    if let Some(token) = call.token {
        call.world.oauth.revoke(token);
    }
    Ok(Reply::Json(Value::Null))
}

pub fn echo(call: &mut Call<'_>) -> Outcome {
    let query = call.arg.optional_text("query")?.unwrap_or_default();
    if query.chars().count() > 500 {
        return Err(call.arg.refuse("query", "must be at most 500 characters"));
    }
    call.end_of_arg()?;
    Ok(Reply::Json(json!({"result": query})))
}

pub fn current_account(call: &mut Call<'_>) -> Outcome {
    call.no_arg()?;
    let account = &call.world.drive.accounts[call.view.account];
    let (given, family) = account.name.split_once(' ').unwrap_or((account.name.as_str(), ""));
    let initials: String = [given, family].iter().filter_map(|name| name.chars().next()).collect();
    let kind = if account.root == account.home { "basic" } else { "business" };
    Ok(Reply::Json(json!({
        "account_id": account.id,
        "name": {
            "given_name": given, "surname": family, "familiar_name": given,
            "display_name": account.name, "abbreviated_name": initials,
        },
        "email": account.email,
        "email_verified": true,
        "disabled": false,
        "country": "US",
        "locale": "en",
        "referral_link": "https://www.dropbox.com/referrals/simulator",
        "is_paired": false,
        "account_type": {".tag": kind},
        "root_info": root_info(&call.world.drive, call.view.account),
    })))
}

pub fn space_usage(call: &mut Call<'_>) -> Outcome {
    call.no_arg()?;
    let drive = &call.world.drive;
    let (account, used) = (&drive.accounts[call.view.account], drive.used(call.view.account));
    let allocation = match account.team_room {
        None => json!({".tag": "individual", "allocated": account.quota}),
        Some(team) => json!({
            ".tag": "team",
            "used": team.used_by_others + used,
            "allocated": team.allocated,
            "user_within_team_space_allocated": team.of_member,
            "user_within_team_space_limit_type": {".tag": if team.of_member == 0 { "off" } else { "stop_sync" }},
            "user_within_team_space_used_cached": used,
        }),
    };
    Ok(Reply::Json(json!({"used": used, "allocation": allocation})))
}

pub fn features(call: &mut Call<'_>) -> Outcome {
    let features = call.arg.list("features", 1, 100)?;
    call.end_of_arg()?;
    let values: Vec<_> = features.iter().filter_map(feature).collect();
    Ok(Reply::Json(json!({"values": values})))
}

fn feature(feature: &Value) -> Option<Value> {
    let tag = feature.get(".tag").unwrap_or(feature).as_str()?;
    let value = json!({".tag": "enabled", "enabled": false});
    ["paper_as_files", "file_locking"].contains(&tag).then(|| json!({".tag": tag, tag: value}))
}
