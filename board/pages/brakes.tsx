import { useId, useState } from 'preact/hooks';
import type { BrakeView } from '../../src/contracts/http/brakes.ts';
import type { BrakeKind } from '../../src/contracts/brakes.ts';
import { get, withQuery, type Page } from '../api/client.ts';
import { hasScope } from '../api/session.ts';
import { useStore } from '../lib/store.ts';
import { brakesOn } from '../state/brakes.ts';
import { useData } from '../state/data.ts';
import { useTexts } from '../state/texts.ts';
import { ActorName } from '../ui/actor.tsx';
import { ActionButton, Block, Card, Empty, NeedsScope, Title, useTitle, When } from '../ui/basics.tsx';
import { capitalized, nameOf, pauseAction, resumeAction, type BrakeTarget } from '../ui/brake-dialogs.tsx';
import { BrakeSwitch } from '../ui/brake-switch.tsx';
import { dialogOf, type Opened } from '../ui/dialog.tsx';

/** The ways in, each with a switch of its own. Sources of CloudEvents are typed. */
const WAYS_IN = ['all', 'http', 'rabbitmq', 'kafka', 'zeromq'] as const;
const REFRESH_MS = 10_000;
const PAST_SHOWN = 50;

export function BrakesPage() {
  const { t } = useTexts();
  useTitle(t('brakes.title'));
  return (
    <NeedsScope scope="brakes:read">
      <Brakes />
    </NeedsScope>
  );
}

function Brakes() {
  const { t } = useTexts();
  const on = useStore(brakesOn);
  const [opened, open] = useState<Opened>();
  const past = useData(
    `brakes released ${on.map(({ brakeId }) => brakeId).join(' ')}`,
    (signal) =>
      get<Page<BrakeView>>(withQuery('/v1/brakes', { state: 'released', limit: PAST_SHOWN }), signal),
    REFRESH_MS,
  );
  const brakeOf = ({ kind, target }: BrakeTarget) =>
    on.find((brake) => brake.kind === kind && brake.target === target);
  const change = (brake: BrakeTarget) => {
    const present = brakeOf(brake);
    open(dialogOf(present ? resumeAction(t, present, past.refresh) : pauseAction(t, brake)));
  };
  const others = (kind: BrakeKind, known: readonly string[]) =>
    on.filter((brake) => brake.kind === kind && !known.includes(brake.target));
  const row = (brake: BrakeTarget) => (
    <BrakeSwitch key={brake.target} of={brake} brake={brakeOf(brake)} onChange={change} />
  );
  return (
    <>
      <Title title={t('brakes.title')}>{t('brakes.intro')}</Title>
      <Card title={t('brakes.intake.title')}>
        <ul class="switches">
          {WAYS_IN.map((target) => row({ kind: 'intake', target }))}
          {others('intake', WAYS_IN).map(row)}
        </ul>
        <PauseForm
          kind="intake"
          label={t('brakes.intake.sourceLabel')}
          hint={t('brakes.intake.sourceHint')}
          verb={t('brakes.intake.sourceVerb')}
          onSubmit={change}
        />
      </Card>
      <Card title={t('brakes.provider.title')}>
        <ul class="switches">{row({ kind: 'provider', target: 'stripe' })}</ul>
      </Card>
      <Card title={t('brakes.sku.title')}>
        <ul class="switches">{others('sku', []).map(row)}</ul>
        <PauseForm
          kind="sku"
          label={t('brakes.sku.label')}
          hint={t('brakes.sku.hint')}
          verb={t('brakes.sku.verb')}
          onSubmit={change}
        />
      </Card>
      <Card title={t('brakes.past')}>
        <Block of={past}>{({ data }) => <Past brakes={data} />}</Block>
      </Card>
      {opened?.show(() => {
        open(undefined);
      })}
    </>
  );
}

/** Pauses what is typed, after the dialog. */
function PauseForm({
  kind,
  label,
  hint,
  verb,
  onSubmit,
}: {
  kind: BrakeKind;
  label: string;
  hint: string;
  verb: string;
  onSubmit: (brake: BrakeTarget) => void;
}) {
  const [typed, setTyped] = useState('');
  const id = useId();
  const target = typed.trim();
  const submit = () => {
    if (target !== '' && hasScope('brakes:write')) onSubmit({ kind, target });
  };
  return (
    <form
      class="pad pause-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="field grow">
        <label for={id}>{label}</label>
        <input
          id={id}
          class="input"
          autoComplete="off"
          spellcheck={false}
          maxLength={255}
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
          }}
        />
        <p class="hint">{hint}</p>
      </div>
      <ActionButton scope="brakes:write" onClick={submit}>
        {verb}
      </ActionButton>
    </form>
  );
}

function Past({ brakes }: { brakes: readonly BrakeView[] }) {
  const { t, f } = useTexts();
  if (brakes.length === 0) return <Empty>{t('brakes.none')}</Empty>;
  return (
    <table class="tbl fold">
      <thead>
        <tr>
          <th>{t('brakes.what')}</th>
          <th>{t('brakes.set')}</th>
          <th>{t('brakes.released')}</th>
          <th class="num">{t('brakes.affected')}</th>
        </tr>
      </thead>
      <tbody>
        {brakes.map((brake) => (
          <tr key={brake.brakeId}>
            <td>
              <b class="strong">{capitalized(nameOf(t, brake))}</b>
            </td>
            <td class="full">
              <When at={brake.setAt} /> <ActorName of={brake.setBy} /> <q class="muted">“{brake.reason}”</q>
            </td>
            <td class="full">
              {brake.releasedAt !== undefined && <When at={brake.releasedAt} />}{' '}
              <ActorName of={brake.releasedBy} />{' '}
              {brake.releaseReason !== undefined && <q class="muted">“{brake.releaseReason}”</q>}
            </td>
            <td class="num hide">{f.count(brake.affected)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
