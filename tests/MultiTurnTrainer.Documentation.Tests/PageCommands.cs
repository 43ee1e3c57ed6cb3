using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Documentation.Tests;

/// <summary>When the commands of a block run.</summary>
internal enum CommandsRun
{
    /// <summary>With every change.</summary>
    Always,

    /// <summary>In scripts/nightly.sh: long ones, and those of a real model.</summary>
    Nightly,

    /// <summary>In a test or script that the page names, because they need another machine.</summary>
    Elsewhere,
}

/// <summary>A block of commands on a page, or what a test does before one.</summary>
/// <param name="Line">Where it begins on the page.</param>
/// <param name="Commands">What a shell is to run, one a line.</param>
/// <param name="Run">When.</param>
/// <param name="Note">Why not always; for <see cref="CommandsRun.Elsewhere"/> after the name of what runs it.</param>
/// <param name="Exits">The exit codes that are as the page means it.</param>
internal sealed record CommandBlock(
    int Line,
    IReadOnlyList<string> Commands,
    CommandsRun Run,
    string Note,
    IReadOnlyList<int> Exits
);

/// <summary>
/// The commands of a page: blocks without a language, of <c>bash</c> or <c>console</c>. Comments before a block say how it is run:
/// <c>before</c> (commands that a reader does not see), <c>file: NAME</c> (the block is that file), <c>exits: 1</c>, <c>nightly: WHY</c>, <c>elsewhere: TEST or script: WHY</c>.
/// </summary>
internal static partial class PageCommands
{
    private static readonly string[] _shells = ["", "bash", "console"];

    /// <summary>The blocks of a page, in its order.</summary>
    public static IReadOnlyList<CommandBlock> Of(string markdown)
    {
        string[] lines = markdown.Split('\n');
        List<CommandBlock> blocks = [];
        Marks marks = new();
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("<!--", StringComparison.Ordinal))
            {
                int end = Array.FindIndex(lines, i, line => line.EndsWith("-->", StringComparison.Ordinal));
                string comment = string.Join('\n', lines[i..(end + 1)])[4..^3].Trim();
                if (comment.StartsWith("before", StringComparison.Ordinal))
                {
                    blocks.Add(
                        new CommandBlock(
                            i + 1,
                            comment["before".Length..].Trim(':', '\n', ' ').Split('\n'),
                            CommandsRun.Always,
                            "",
                            [0]
                        )
                    );
                }
                else
                {
                    marks.Read(comment);
                }

                i = end;
            }
            else if (lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                int end = Array.IndexOf(lines, "```", i + 1);
                if (Block(i + 1, lines[i][3..], lines[(i + 1)..end], marks) is { } block)
                {
                    blocks.Add(block);
                }

                (marks, i) = (new Marks(), end);
            }
        }

        return blocks;
    }

    private static CommandBlock? Block(int line, string language, string[] body, Marks marks)
    {
        if (marks.File is { } file)
        {
            return new CommandBlock(
                line,
                [$"cat > {file} <<'END'\n{string.Join('\n', body)}\nEND"],
                CommandsRun.Always,
                "",
                [0]
            );
        }

        if (!_shells.Contains(language))
        {
            return null;
        }

        // With prompts, what stands between them is what the commands said.
        bool hasPrompts = body.Any(text => text.StartsWith("$ ", StringComparison.Ordinal));
        string[] commands =
        [
            .. body.Where(text => !hasPrompts || text.StartsWith("$ ", StringComparison.Ordinal))
                .Select(text => Prompt().Replace(text, ""))
                .Where(text => text.Trim().Length > 0),
        ];
        return new CommandBlock(line, commands, marks.Run, marks.Note, marks.Exits);
    }

    private sealed class Marks
    {
        public string? File { get; private set; }

        public CommandsRun Run { get; private set; }

        public string Note { get; private set; } = "";

        public IReadOnlyList<int> Exits { get; private set; } = [0];

        public void Read(string comment)
        {
            string[] parts = comment.Split(": ", 2);
            switch (parts)
            {
                case ["file", var name]:
                    File = name;
                    break;
                case ["exits", var codes]:
                    Exits = [.. codes.Split(' ').Select(int.Parse)];
                    break;
                case ["nightly", var why]:
                    (Run, Note) = (CommandsRun.Nightly, why);
                    break;
                case ["elsewhere", var where]:
                    (Run, Note) = (CommandsRun.Elsewhere, where);
                    break;
            }
        }
    }

    [GeneratedRegex(@"^\$ ")]
    private static partial Regex Prompt();
}
