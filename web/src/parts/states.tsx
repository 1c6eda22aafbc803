// What a page shows while there is nothing to show: loading, empty, and what went wrong.
import { Alert, Button, Group, Loader, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Failure } from "../api/client";
import { strings } from "../strings";

export function Loading() {
  return (
    <Group p="xl" gap="sm" role="status">
      <Loader size="sm" />
      <Text className="quiet">{strings.states.loading}</Text>
    </Group>
  );
}

export function Empty({ title = strings.states.empty, hint, children }: { title?: string; hint?: string; children?: ReactNode }) {
  return (
    <Stack p="xl" gap={4} align="center" ta="center">
      <Text fw={600}>{title}</Text>
      {hint && <Text className="quiet">{hint}</Text>}
      {children}
    </Stack>
  );
}

/** Failures name what happened and what to do. The query behind it is asked again by itself (see `recovering`). */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const failure = error instanceof Failure ? error : new Failure(0, strings.errors.crashed, String(error));
  return (
    <Alert color="red" variant="light" title={failure.title} m="md" role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{failure.detail}</Text>
        {failure.hint && <Text size="sm">{failure.hint}</Text>}
        {retry && (
          <Group gap="sm">
            <Button size="xs" variant="default" onClick={retry}>{strings.states.retry}</Button>
            {isPassing(failure) && <Text size="xs" className="quiet">{strings.states.retrying}</Text>}
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

/** What may be over in a moment, unlike a wrong id or a damaged file. */
export const isPassing = (error: unknown) => error instanceof Failure && (error.status === 0 || error.status === 429 || error.status >= 502);

interface Asked {
  isPending: boolean;
  error: unknown;
  refetch: () => unknown;
}

/** The answer of a query, or its state. */
export function Answer<T>({ query, children }: { query: Asked & { data?: T | undefined }; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return <Loading />;
}
