// The way in: a password where there is one, else what to do.
import { Button, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { change, type Schemas } from "../api/client";
import { Said } from "../parts/Notice";
import { Failed } from "../parts/states";
import { strings } from "../strings";

export function Login({ session, wasIn }: { session: Schemas["Session"]; wasIn: boolean }) {
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () => change("POST", "/session", { password }),
    onSuccess: () => client.resetQueries(),
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  const words = strings.login;
  const hasEnded = session.expired || wasIn;
  return (
    <main className="page">
      <Paper withBorder p="lg" maw={420} mx="auto" mt="12vh">
        <Stack>
          <Title order={1}>{hasEnded ? words.expired : session.needs_password ? words.title : words.closed}</Title>
          {hasEnded && <Text className="quiet">{words.expiredDetail}</Text>}
          {session.needs_password ? (
            <form onSubmit={send}>
              <Stack>
                <PasswordInput label={words.password} description={words.about} value={password} autoComplete="current-password"
                  onChange={(event) => setPassword(event.currentTarget.value)} autoFocus />
                {signIn.error && <Failed error={signIn.error} />}
                <Button type="submit" loading={signIn.isPending}>{words.button}</Button>
              </Stack>
            </form>
          ) : (
            <Text><Said text={words.open} /></Text>
          )}
        </Stack>
      </Paper>
    </main>
  );
}
