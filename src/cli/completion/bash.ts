// Bash: the model as a completion function for bash(1), which zsh runs too, by its bashcompinit.
import { type CompletedCommand, type Values, withDescendants } from './model.js';

/** A script to be sourced by bash. */
export function bashScript(program: string, model: CompletedCommand): string {
  const commands = withDescendants(model);
  return `# Completion of ${program} for bash. Made by: ${program} completion bash
_${program}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
    case "$command $word" in
${commands
  .filter(({ path }) => path.length > 0)
  .map(walk)
  .join('\n')}
      *' --') COMPREPLY=($(compgen -c -- "$current")); return ;;
    esac
  done
  case "$command $previous" in
${commands.flatMap(values).join('\n')}
  esac
  case "$command" in
${commands.map(words).join('\n')}
  esac
}
complete -F _${program} ${program}
`;
}

/** A script to be sourced by zsh. */
export function zshScript(program: string, model: CompletedCommand): string {
  const script = bashScript(program, model).split('\n').slice(1).join('\n');
  return `# Completion of ${program} for zsh. Made by: ${program} completion zsh
autoload -Uz compinit bashcompinit && compinit -u && bashcompinit
${script}`;
}

/** Which command the words before the current one lead to. */
function walk({ path }: CompletedCommand): string {
  const name = path.join(' ');
  const before = path.slice(0, -1).join(' ');
  return `      '${before} ${path.at(-1)}') command='${name}' ;;`;
}

/** What may follow an option that takes a value. */
function values({ path, options }: CompletedCommand): string[] {
  return options.flatMap(({ names, values }) => {
    if (values === null) return [];
    const patterns = names.map((name) => `'${path.join(' ')} ${name}'`).join(' | ');
    return [`    ${patterns}) ${generate(values)}return ;;`];
  });
}

/** What else may stand behind a command. */
function words({ path, options, commands, argument }: CompletedCommand): string {
  const listed = Array.isArray(argument) ? argument : [];
  const all = [
    ...commands.map((child) => child.path.at(-1) ?? ''),
    ...listed,
    ...options.flatMap(({ names }) => names),
  ];
  const paths = argument === 'file' || argument === 'folder' ? generate(argument) : '';
  return `    '${path.join(' ')}') ${generate(all)}${paths};;`;
}

/** The commands that add these values to what is offered. */
function generate(values: Values): string {
  if (values === 'unknown') return '';
  if (values === 'file') return paths('-f');
  if (values === 'folder') return paths('-d');
  return `COMPREPLY+=($(compgen -W '${values.join(' ')}' -- "$current")); `;
}

/** A slash, not a space, stands behind a folder in bash, and a name may have spaces. Nothing else may come after them. */
function paths(which: '-f' | '-d'): string {
  return (
    `[[ \${BASH_VERSION-} ]] && compopt -o filenames 2>/dev/null; ` +
    `local IFS=$'\\n'; COMPREPLY+=($(compgen ${which} -- "$current")); `
  );
}
