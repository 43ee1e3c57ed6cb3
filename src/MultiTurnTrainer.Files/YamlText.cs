using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;
using Scalar = YamlDotNet.Core.Events.Scalar;

namespace MultiTurnTrainer.Files;

/// <summary>Reads YAML that others may have written: how deep it nests and how much its aliases stand for is known before.</summary>
public static class YamlText
{
    /// <summary>Most bytes of a settings file.</summary>
    public const int MaxBytes = 4 << 20;

    private const int MaxDepth = 64;
    private const long MaxNodes = 100_000;

    /// <summary>The root of the document, or null where there is none.</summary>
    /// <exception cref="YamlException">It is not YAML, or more than settings can be.</exception>
    public static YamlNode? Parse(string text)
    {
        try
        {
            Check(text);
            YamlStream stream = [];
            stream.Load(new StringReader(text));
            return stream.Documents switch
            {
                [] => null,
                [var only] => only.RootNode,
                [_, var second, ..] => throw new YamlException(
                    second.RootNode.Start,
                    second.RootNode.End,
                    "a second document begins, and one is read"
                ),
            };
        }
        catch (Exception problem)
            when (problem is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // The parser's own way to say it of some texts.
            throw new YamlException(Mark.Empty, Mark.Empty, $"it is not YAML: {problem.Message}", problem);
        }
    }

    /// <summary>The mapping at the top of a file; empty for an empty file.</summary>
    /// <exception cref="MttException">No such file, not YAML, or not a mapping.</exception>
    public static YamlMappingNode ReadMapping(string path)
    {
        if (!File.Exists(path))
        {
            throw new MttException($"{path}: there is no such settings file", "Name an existing file.");
        }

        YamlNode? root;
        try
        {
            root = Parse(InputFile.ReadText(path, most: MaxBytes));
        }
        catch (YamlException problem)
        {
            throw new MttException(
                $"{path}:{problem.Start.Line}:{problem.Start.Column}: {problem.Message}",
                "Fix the YAML; indentation is two spaces, keys end in a colon.",
                problem
            );
        }

        return root is null
            ? []
            : root as YamlMappingNode
                ?? throw new MttException(
                    $"{path}: the top level must be a mapping of sections",
                    "Begin with, say, 'train:'."
                );
    }

    // An alias costs little to write and as much as what it stands for to compare, to print, to bind.
    private static void Check(string text)
    {
        Dictionary<AnchorName, long> sizes = [];
        Stack<Container> open = [];
        long nodes = 0;
        YamlException? odd = null;
        Parser parser = new(new StringReader(text));
        while (parser.MoveNext())
        {
            ParsingEvent at = parser.Current!;
            if (at is NodeEvent && open.TryPeek(out Container? around) && around.NextIsKey() && at is not Scalar)
            {
                odd ??= new YamlException(at.Start, at.End, "a key must be a plain value");
            }

            switch (at)
            {
                case AnchorAlias alias:
                    // What is still open stands for itself, without end.
                    nodes += sizes.TryGetValue(alias.Value, out long size) ? size : MaxNodes;
                    break;
                case MappingStart or SequenceStart:
                    open.Push(new Container(((NodeEvent)at).Anchor, nodes++, at is MappingStart));
                    break;
                case MappingEnd or SequenceEnd:
                    Container closed = open.Pop();
                    if (!closed.Anchor.IsEmpty)
                    {
                        sizes[closed.Anchor] = nodes - closed.Before;
                    }

                    break;
                case Scalar scalar:
                    nodes++;
                    if (!scalar.Anchor.IsEmpty)
                    {
                        sizes[scalar.Anchor] = 1;
                    }

                    break;
            }

            if (open.Count > MaxDepth)
            {
                throw new YamlException(at.Start, at.End, $"nested more than {MaxDepth} deep");
            }

            if (nodes > MaxNodes)
            {
                throw new YamlException(at.Start, at.End, $"aliases stand for more than {MaxNodes} values");
            }
        }

        if (odd is not null)
        {
            throw odd;
        }
    }

    /// <summary>A mapping or list that is not closed yet.</summary>
    private sealed class Container(AnchorName anchor, long before, bool isMapping)
    {
        private bool _hasKey;

        public AnchorName Anchor => anchor;

        public long Before => before;

        /// <summary>Takes the next node; whether it is a mapping's key.</summary>
        public bool NextIsKey()
        {
            _hasKey = !_hasKey;
            return isMapping && _hasKey;
        }
    }
}
