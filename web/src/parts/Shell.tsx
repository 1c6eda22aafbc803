// The frame around every page: where one can go, the colours, and the way in when there is no session.
import { ActionIcon, AppShell, Burger, Button, Group, Modal, NavLink, SegmentedControl, Stack, Table, Text, useMantineColorScheme } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";
import { change, onSignedOut, setCsrf } from "../api/client";
import { session, store } from "../api/queries";
import { Login } from "../pages/Login";
import { strings } from "../strings";
import { Downloads } from "./Downloads";
import { Failed, Loading } from "./states";

const PLACES = [
  ["/", strings.nav.start],
  ["/snapshots", strings.nav.snapshots],
  ["/search", strings.nav.search],
  ["/diff", strings.nav.compare],
  ["/tasks", strings.nav.tasks],
] as const;

const AGAIN_MS = 3000;
/** Noted for as long as the window is open: "no session" is not what somebody is told whose session has ended. */
const WAS_IN = "larder-was-in";

export function Shell() {
  const client = useQueryClient();
  // Whoever is not in is asked for again: the way in may be another window of the same browser.
  const asked = useQuery({ ...session, refetchInterval: (query) => (query.state.data?.authenticated ? false : AGAIN_MS) });
  const isIn = asked.data?.authenticated === true;
  useEffect(() => {
    if (isIn) sessionStorage.setItem(WAS_IN, "1");
  }, [isIn]);
  setCsrf(asked.data?.csrf);
  useEffect(() => void onSignedOut(() => void client.invalidateQueries({ queryKey: ["session"] })), [client]);
  if (asked.error && !asked.data) return <Failed error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return <Loading />;
  return asked.data.authenticated ? <Frame canSignOut={asked.data.needs_password} /> : <Login session={asked.data} wasIn={sessionStorage.getItem(WAS_IN) !== null} />;
}

function Frame({ canSignOut }: { canSignOut: boolean }) {
  const [isOpen, menu] = useDisclosure();
  const [keys, help] = useDisclosure();
  const navigate = useNavigate();
  const client = useQueryClient();
  const place = useRouterState({ select: (state) => state.location.pathname });
  const named = useQuery(store);
  const { close } = menu;
  useEffect(() => close(), [place, close]);
  useHotkeys([["/", () => void navigate({ to: "/search", search: {} })], ["shift+?", help.open], ["?", help.open]]);
  const signOut = () =>
    void change("DELETE", "/session").finally(() => {
      sessionStorage.removeItem(WAS_IN);
      void client.resetQueries();
    });
  return (
    <AppShell header={{ height: 48 }} navbar={{ width: 180, breakpoint: "sm", collapsed: { mobile: !isOpen } }}>
      <a className="skip" href="#content">{strings.nav.skip}</a>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
            <Burger opened={isOpen} onClick={menu.toggle} hiddenFrom="sm" size="sm" aria-label={strings.nav.menu} />
            <img src="/icon.svg" width={24} height={24} alt="" />
            <Text fw={700}>{strings.product}</Text>
            <Text className="quiet truncate">{named.data?.name}</Text>
          </Group>
          <ActionIcon className="wide" variant="default" onClick={help.open} aria-label={strings.keys.title}>?</ActionIcon>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs">
        <Stack justify="space-between" h="100%">
          <nav aria-label={strings.nav.menu}>
            {PLACES.map(([to, label]) => (
              <NavLink key={to} component={Link} to={to} label={label} active={to === "/" ? place === "/" : place.startsWith(to)} variant="light" />
            ))}
          </nav>
          <Stack gap="xs">
            <Colours />
            {canSignOut && <Button variant="subtle" size="xs" onClick={signOut}>{strings.signOut}</Button>}
          </Stack>
        </Stack>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <div className="page"><Downloads /><Outlet /></div>
      </AppShell.Main>
      <Modal opened={keys} onClose={help.close} title={strings.keys.title} closeButtonProps={{ "aria-label": strings.keys.close }} transitionProps={{ duration: 0 }}>
        <Table>
          <Table.Tbody>
            {strings.keys.rows.map(([key, what]) => (
              <Table.Tr key={key}><Table.Td className="mono">{key}</Table.Td><Table.Td>{what}</Table.Td></Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Modal>
    </AppShell>
  );
}

function Colours() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const data = [
    { value: "auto", label: "A", name: strings.theme.auto },
    { value: "light", label: "☀", name: strings.theme.light },
    { value: "dark", label: "☾", name: strings.theme.dark },
  ].map(({ value, label, name }) => ({ value, label: <span title={name} aria-label={name} role="img">{label}</span> }));
  return (
    <SegmentedControl size="xs" fullWidth data={data} value={colorScheme} aria-label={strings.theme.label}
      onChange={(value) => setColorScheme(value as "auto" | "light" | "dark")} />
  );
}
