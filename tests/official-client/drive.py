"""Drives the sandbox org through every operation of the API document with the platform's own client.

    python3 drive.py PRESENCECTL_EXECUTABLE

The client is PyPI's PureCloudPlatformClientV2, found by PYTHONPATH. An old one (130.0.0) still has
presences in Microsoft Teams; a new one has the second generation of the definitions, the bulk reads,
divisions and the activity query. What a client does not have is said, and counts as no success: the
script ends with how many operations were driven, and fails when that is fewer than the client has.
"""

import importlib.metadata
import json
import subprocess
import sys
import warnings

import PureCloudPlatformClientV2 as sdk

VERSION = importlib.metadata.version("PureCloudPlatformClientV2")
DRIVEN = []


def driven(name):
    DRIVEN.append(name)
    print(f"  {name}")


def expect(condition, what):
    if not condition:
        raise SystemExit(f"official client {VERSION}: {what}")


def refused(status, call):
    try:
        call()
    except sdk.rest.ApiException as error:
        expect(error.status == status, f"expected {status}, got {error.status}: {error.body}")
        return json.loads(error.body)
    raise SystemExit(f"expected {status}, and nothing was refused")


def model(name, **fields):
    """One of the client's own models, so that it is the client that writes the JSON."""
    it = getattr(sdk, name)()
    for field, value in fields.items():
        setattr(it, field, value)
    return it


def first_definition(**fields):
    return model("OrganizationPresence", **fields)


def second_definition(**fields):
    return model("OrganizationPresenceDefinition", **fields)


def user_presence(definition, **fields):
    """New clients have a model of their own for what can be changed."""
    name = "MutableUserPresence" if hasattr(sdk, "MutableUserPresence") else "UserPresence"
    of = "PresenceDefinition" if hasattr(sdk, "PresenceDefinition") else "OrganizationPresence"
    return model(name, presence_definition=model(of, id=definition), **fields)


def start(executable):
    process = subprocess.Popen([executable, "sandbox"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    said = {}
    users = []
    while len(users) < 3:
        line = process.stdout.readline()
        expect(line, "the sandbox ended")
        name, value = line.rstrip("\n").split("=", 1)
        if name == "user":
            users.append(value)
        else:
            said[name] = value
    return process, said, users


def connect(said):
    """Logs in by the client's own call. Where the host does not begin with `api.`, it is the login host as well."""
    client = sdk.api_client.ApiClient(host=said["url"])
    refused(401, lambda: client.get_client_credentials_token(said["client_id"], "wrong"))
    client.get_client_credentials_token(said["client_id"], said["client_secret"])
    expect(client.access_token not in (None, said["token"]), "no token of its own")
    driven("the token call")
    return client


def definitions_first(api):
    listing = api.get_presencedefinitions(page_number=1, page_size=100, deleted="ALL", locale_code="ALL")
    expect(listing.total == len(listing.entities) and listing.page_count == 1, "the list does not add up")
    expect(any(it.primary for it in listing.entities), "no primary definition")
    driven("getPresencedefinitions")
    made = api.post_presencedefinitions(
        first_definition(language_labels={"en_US": "Lunch", "de": "Mittag"}, system_presence="Meal")
    )
    expect(made.language_labels == {"en_US": "Lunch", "de": "Mittag"} and made.primary is False, "not as it was sent")
    expect(made.created_date is not None and made.modified_date is not None, "no times")
    driven("postPresencedefinitions")
    expect(api.get_presencedefinition(made.id, locale_code="ALL").id == made.id, "another one")
    driven("getPresencedefinition")
    changed = first_definition(language_labels={"en_US": "Lunch break"}, system_presence="Meal", deactivated=False)
    expect(api.put_presencedefinition(made.id, changed).language_labels == {"en_US": "Lunch break"}, "not replaced")
    driven("putPresencedefinition")
    api.delete_presencedefinition(made.id)
    expect(api.get_presencedefinition(made.id).deactivated is True, "not deactivated")
    driven("deletePresencedefinition")
    error = refused(404, lambda: api.get_presencedefinition("2fa68d50-0000-4000-8000-00000000dead"))
    expect({"message", "code", "status", "contextId"} <= error.keys(), f"not the platform's error body: {error}")
    names = [it.name for it in api.get_systempresences()]
    expect(len(names) == 10 and "Meal" in names, f"system presences: {names}")
    driven("getSystempresences")


def users_first(api, users):
    available = next(
        it for it in api.get_presencedefinitions(page_size=100, locale_code="ALL").entities
        if it.system_presence == "Available"
    )
    one = api.get_user_presence(users[0], "PURECLOUD")
    expect(one.presence_definition.id, "no definition")
    driven("getUserPresence")
    expect(api.get_user_presences_purecloud(users[0]).presence_definition.id == one.presence_definition.id, "differs")
    driven("getUserPresencesPurecloud")
    set_to = user_presence(available.id, message="back at two")
    changed = api.patch_user_presence(users[0], "PURECLOUD", set_to)
    expect(changed.presence_definition.id == available.id and changed.message == "back at two", "not set")
    driven("patchUserPresence")
    expect(api.patch_user_presences_purecloud(users[1], set_to).presence_definition.id == available.id, "not set")
    driven("patchUserPresencesPurecloud")
    many = [user_presence(available.id, id=user) for user in users]
    expect(len(api.put_users_presences_bulk(many)) == len(users), "not all of them")
    driven("putUsersPresencesBulk")
    if hasattr(api, "get_user_presences_microsoftteams"):
        expect(api.get_user_presences_microsoftteams(users[0]).presences, "no presences")
        driven("getUserPresencesMicrosoftteams")
    else:
        print("  (this client no longer has getUserPresencesMicrosoftteams)")


def newer(client, api, users):
    made = api.post_presence_definitions(
        second_definition(language_labels={"en_US": "Queue"}, system_presence="OnQueue")
    )
    expect((made.type, made.division_id, made.system_presence) == ("User", "*", "OnQueue"), f"{made}")
    driven("postPresenceDefinitions")
    active = api.get_presence_definitions(deactivated="FALSE", locale_code="ALL")
    expect(active.total == len(active.entities) and any(it.type == "System" for it in active.entities), f"{active}")
    driven("getPresenceDefinitions")
    expect(api.get_presence_definition(made.id, locale_code="ALL").id == made.id, "another one")
    driven("getPresenceDefinition")
    division = sdk.AuthorizationApi(client).get_authorization_divisions(page_size=25).entities[0]
    driven("getAuthorizationDivisions")
    authorization = sdk.AuthorizationApi(client)
    home = authorization.get_authorization_divisions_home()
    expect(home.home_division and home.id == division.id, "not the home division")
    driven("getAuthorizationDivisionsHome")
    two = [it.id for it in authorization.get_authorization_divisions().entities[:2]]
    expect(authorization.get_authorization_divisions(id=two).total == 2, "not the two that were asked for")
    expect(authorization.get_authorization_products().total >= 1, "no products")
    driven("getAuthorizationProducts")
    queue = {"language_labels": {"en_US": "Queue"}, "system_presence": "OnQueue"}
    moved = second_definition(division_id=division.id, **queue)
    expect(api.put_presence_definition(made.id, moved).division_id == division.id, "not moved")
    driven("putPresenceDefinition")
    again = second_definition(division_id="nowhere", **queue)
    refused(400, lambda: api.put_presence_definition(made.id, again))
    api.delete_presence_definition(made.id)
    gone = api.get_presence_definitions(deactivated="TRUE", locale_code="ALL")
    expect(made.id in [it.id for it in gone.entities], "not among the deactivated")
    driven("deletePresenceDefinition")
    expect(len(api.get_users_presences_purecloud_bulk(id=users)) == len(users), "not all of them")
    driven("getUsersPresencesPurecloudBulk")
    expect(len(api.get_users_presence_bulk("PURECLOUD", id=users)) == len(users), "not all of them")
    driven("getUsersPresenceBulk")
    registered = "5a4db0c5-0000-4000-a000-000000000001"
    error = refused(400, lambda: api.get_user_presence(users[0], registered))
    expect("does not support registered presence sources" in error["message"], f"{error}")
    expect(api.get_users_presence_bulk(registered, id=users[:1])[0].source_id == registered, "another source")
    on = api.get_user_presences_purecloud(users[0]).presence_definition.id
    predicate = model(
        "UserActivityQueryPredicate",
        type="dimension",
        dimension="organizationPresenceId",
        operator="matches",
        value=on,
    )
    query = model(
        "UserActivityQuery",
        metrics=[model("UserActivityQueryMetric", metric="oMemberQueues", details=True)],
        group_by=["organizationPresenceId"],
        filter=model("UserActivityQueryFilter", type="or", predicates=[predicate]),
    )
    answer = sdk.AnalyticsApi(client).post_analytics_users_activity_query(query, page_size=100, page_number=1)
    people = {entity.user_id for result in answer.results for entity in result.entities}
    expect(people & set(users), f"nobody is on {on}")
    driven("postAnalyticsUsersActivityQuery")
    expect(sdk.OrganizationApi(client).get_organizations_me().default_country_code, "no country")
    driven("getOrganizationsMe")


def main(executable):
    # Half of what is driven here is deprecated, and known to be.
    warnings.simplefilter("ignore")
    process, said, users = start(executable)
    try:
        client = connect(said)
        api = sdk.PresenceApi(client)
        definitions_first(api)
        users_first(api, users)
        has_newer = hasattr(api, "get_presence_definitions")
        if has_newer:
            newer(client, api, users)
        wanted = 1 + (11 if has_newer else 12) + (12 if has_newer else 0)
        expect(len(DRIVEN) == wanted, f"{len(DRIVEN)} operations were driven, {wanted} were to be")
        print(f"official client {VERSION}: {len(DRIVEN)} operations driven")
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main(sys.argv[1])
