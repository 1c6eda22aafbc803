// What is to be said about downloads, on whatever page one is by then.
import { CloseButton, Group } from "@mantine/core";
import { forget, useDownloads } from "../api/downloads";
import { count } from "../logic/format";
import { strings } from "../strings";
import { Notice, Said } from "./Notice";

const words = strings.downloads;

export function Downloads() {
  return useDownloads().map(({ url, name, isArchive, failure, leftOut }) => (
    <Notice key={url} weight={failure ? "trouble" : "attention"} isAlert>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div>
          <div className="title">{failure ? (failure.kind === "damaged" ? words.damaged(name, isArchive) : words.broken(name)) : words.leftOut(name, leftOut, count(leftOut))}</div>
          {failure && <><div><Said text={failure.detail} /></div>{failure.hint && <div><Said text={failure.hint} /></div>}<div>{words.notWhole}</div></>}
        </div>
        <CloseButton size="sm" aria-label={strings.keys.close} onClick={() => forget(url)} />
      </Group>
    </Notice>
  ));
}
