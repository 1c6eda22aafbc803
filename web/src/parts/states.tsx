// What a page shows while there is nothing to show: loading, empty, and what went wrong.
import { Button, Group, Loader, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Failure } from "../api/client";
import { sentence } from "../logic/format";
import { strings } from "../strings";
import { Notice, Said } from "./Notice";

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

/** Failures name what happened and what to do. The query behind it is asked again by itself (`isPassing`). */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const failure = error instanceof Failure ? error : new Failure(0, strings.errors.crashed, String(error));
  return (
    <Notice weight="trouble" title={sentence(failure.title).replace(/\.$/, "")} isAlert>
      <div><Said text={failure.detail} /></div>
      {failure.hint && <div><Said text={failure.hint} /></div>}
      {retry && (
        <Group gap="sm" mt={6}>
          <Button size="xs" variant="default" onClick={retry}>{strings.states.retry}</Button>
          {isPassing(failure) && <Text size="xs" className="quiet">{strings.states.retrying}</Text>}
        </Group>
      )}
    </Notice>
  );
}

/** What may be over in a moment, unlike a wrong id or a damaged file. */
export const isPassing = (error: unknown) => error instanceof Failure && (error.status === 0 || error.status === 429 || error.status >= 502) && error.status !== 507;

interface Asked {
  isPending: boolean;
  error: unknown;
  refetch: () => unknown;
}

/** The answer of a query, or its state; the last answer with a word about it when there is no newer one to be had. */
export function Answer<T>({ query, children }: { query: Asked & { data?: T | undefined }; children: (data: T) => ReactNode }) {
  if (query.data !== undefined)
    return (
      <>
        {isPassing(query.error) && <Notice weight="attention" title={strings.states.before} isAlert><Said text={(query.error as Failure).detail} /></Notice>}
        {children(query.data)}
      </>
    );
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return <Loading />;
}
