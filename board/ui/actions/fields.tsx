import { useId } from 'preact/hooks';

/** One line of text with its label. */
export function TextField({
  label,
  value,
  onInput,
  hint,
  isBad = false,
  hasFocus = false,
  inputMode = 'text',
  maxLength = 200,
}: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  hint?: string;
  isBad?: boolean;
  hasFocus?: boolean;
  inputMode?: 'text' | 'decimal' | 'numeric' | 'email';
  maxLength?: number;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input"
        inputMode={inputMode}
        autoComplete="off"
        maxLength={maxLength}
        value={value}
        aria-invalid={isBad}
        {...(hint !== undefined && { 'aria-describedby': `${id}-hint` })}
        {...(hasFocus && { 'data-focus': true })}
        onInput={(event) => {
          onInput(event.currentTarget.value);
        }}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} class={isBad ? 'hint is-bad' : 'hint'}>
          {hint}
        </p>
      )}
    </div>
  );
}

export const Check = ({
  label,
  value,
  onChange,
}: {
  label: string;
  value: boolean;
  onChange: (value: boolean) => void;
}) => (
  <label class="check">
    <input
      type="checkbox"
      checked={value}
      onChange={(event) => {
        onChange(event.currentTarget.checked);
      }}
    />
    {label}
  </label>
);

/** One of a few. */
export function Choice<T extends string>({
  legend,
  options,
  value,
  onChange,
}: {
  legend: string;
  options: readonly { value: T; label: string }[];
  value: T;
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset class="choices">
      <legend class="sr">{legend}</legend>
      {options.map((option) => (
        <label key={option.value}>
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            onChange={() => {
              onChange(option.value);
            }}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
