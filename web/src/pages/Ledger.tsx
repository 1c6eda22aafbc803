// What a snapshot lacks, and what was remarked.
import { SegmentedControl, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { Schemas } from "../api/client";
import { ledger } from "../api/queries";
import { sentence } from "../logic/format";
import { nameOf, parentOf } from "../logic/paths";
import { Heading } from "../parts/Heading";
import { Label } from "../parts/State";
import { Which } from "../parts/Which";
import { Answer, Empty } from "../parts/states";
import { VirtualList } from "../parts/VirtualList";
import { strings } from "../strings";
import { PHONE } from "../theme";

const words = strings.ledger;

export function Ledger() {
  const { id } = useParams({ from: "/ledger/$id" });
  const chosen = useSearch({ from: "/ledger/$id" }).class;
  const navigate = useNavigate();
  const isPhone = useMediaQuery(PHONE);
  const asked = useInfiniteQuery(ledger(id, { class: chosen }));
  return (
    <>
      <Heading title={words.title} about={<Which id={id} />}>
        <SegmentedControl size="xs" value={chosen ?? ""} aria-label={words.title}
          data={[{ value: "", label: words.all }, { value: "missing", label: words.missing }, { value: "note", label: words.note }]}
          onChange={(value) => void navigate({ to: "/ledger/$id", params: { id }, search: { class: value || undefined }, replace: true })} />
      </Heading>
      <Text className="quiet" size="sm" mb="sm">{words.about}</Text>
      <Answer query={asked}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.items) as Schemas["LedgerRow"][];
          if (rows.length === 0) return <Empty title={words.empty} />;
          return (
            <VirtualList count={rows.length} rowHeight={isPhone ? 102 : 48} height="calc(100dvh - 200px)" label={words.title} row={(at) => rows[at] && <Row of={rows[at]} />}
              more={{ has: asked.hasNextPage, busy: asked.isFetchingNextPage, load: () => void asked.fetchNextPage() }} />
          );
        }}
      </Answer>
    </>
  );
}

function Row({ of }: { of: Schemas["LedgerRow"] }) {
  return (
    <div className="row item noted" style={{ height: "100%" }}>
      <Label colour={of.class === "missing" ? "red" : "gray"}>{words[of.class]}</Label>
      <div style={{ minWidth: 0 }}>
        <div className="pathline" title={of.path}><span className="truncate quiet dir">{parentOf(of.path) === "/" ? "/" : `${parentOf(of.path)}/`}</span><b className="truncate">{nameOf(of.path)}</b></div>
        <div className="quiet small message" title={of.message}>{sentence(of.message)}</div>
      </div>
    </div>
  );
}
