using System.Buffers;
using Microsoft.ML.Tokenizers;
using MultiTurnTrainer.Tokenizers;
using Tokenizer = MultiTurnTrainer.Tokenizers.Tokenizer;

namespace MultiTurnTrainer.Agents.Tests;

/// <summary>The adapter against a loop over the tokens, and against Microsoft's own tokenizer of the same vocabulary.</summary>
public sealed class ModelTokenizerTests
{
    private static readonly string _tiny = Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model");

    public static TheoryData<string> Models() => ["tiny", "qwen3", "llama2", "gemma3", "bert-base-uncased", "t5-small"];

    [Theory]
    [MemberData(nameof(Models))]
    public void Counts_ManyTexts_EqualALoopOverTheTokens(string model)
    {
        Tokenizer tokenizer = Tokenizer.Load(model == "tiny" ? _tiny : SharedData.Path("tokenizers", model));
        ModelTokenizer adapter = new(tokenizer);
        foreach (string text in RandomTexts.Take(model == "tiny" ? 5000 : 500))
        {
            Loop loop = new(tokenizer, text);
            Assert.Equal(loop.Ids.Length, adapter.CountTokens(text));
            Assert.Equal(loop.Ids, adapter.EncodeToIds(text));
            foreach (int limit in (int[])[1, 2, 3, 5, 8, loop.Ids.Length, loop.Ids.Length + 1])
            {
                if (limit == 0)
                {
                    continue;
                }

                (int count, int index) = loop.FromStart(limit);
                Assert.Equal(index, adapter.GetIndexByTokenCount(text, limit, out string? normalized, out int found));
                Assert.Equal(count, found);
                Assert.Null(normalized);
                Assert.Equal(loop.Ids[..count], adapter.EncodeToIds(text.AsSpan(), limit, out _, out int consumed));
                Assert.Equal(index, consumed);

                (count, index) = loop.FromEnd(limit);
                Assert.Equal(index, adapter.GetIndexByTokenCountFromEnd(text, limit, out _, out found));
                Assert.Equal(count, found);
            }
        }
    }

    [Theory]
    [InlineData("cl100k_base", "Cl100kBase")]
    [InlineData("o200k_base", "O200kBase")]
    [InlineData("r50k_base", "R50kBase")]
    public void Everything_OfMicrosoftsVocabulary_EqualsMicrosofts(string encoding, string package)
    {
        using TempFolder folder = new();
        TiktokenData.Write(package, folder[$"{encoding}.tiktoken"]);
        folder.Write("tokenizer_config.json", "{}");
        ModelTokenizer ours = ModelTokenizer.Load(folder.Path);
        TiktokenTokenizer theirs = TiktokenTokenizer.CreateForEncoding(encoding);
        foreach (string text in Texts())
        {
            Assert.Equal(theirs.EncodeToIds(text), ours.EncodeToIds(text));
            Assert.Equal(theirs.CountTokens(text), ours.CountTokens(text));
            Assert.Equal(
                theirs.EncodeToTokens(text, out _).Select(token => token.Offset),
                ours.EncodeToTokens(text, out _).Select(token => token.Offset)
            );
            foreach (int limit in (int[])[1, 2, 3, 7, 20])
            {
                Assert.Equal(
                    theirs.EncodeToIds(text, limit, out _, out int chars),
                    ours.EncodeToIds(text, limit, out _, out int ourChars)
                );
                Assert.Equal(chars, ourChars);
                Assert.Equal(
                    theirs.GetIndexByTokenCount(text, limit, out _, out int count),
                    ours.GetIndexByTokenCount(text, limit, out _, out int ourCount)
                );
                Assert.Equal(count, ourCount);
                Assert.Equal(
                    theirs.GetIndexByTokenCountFromEnd(text, limit, out _, out count),
                    ours.GetIndexByTokenCountFromEnd(text, limit, out _, out ourCount)
                );
                Assert.Equal(count, ourCount);
            }
        }
    }

    [Fact]
    public void Decode_IntoRoomForPart_WritesNoHalfCharacter()
    {
        ModelTokenizer adapter = ModelTokenizer.Load(_tiny);
        const string text = "a 😀 é 中文";
        IReadOnlyList<int> ids = adapter.EncodeToIds(text);
        Assert.Equal(text, adapter.Decode(ids));
        Span<char> room = stackalloc char[text.Length];
        for (int size = 0; size <= text.Length; size++)
        {
            OperationStatus status = adapter.Decode(ids, room[..size], out int consumed, out int written);
            Assert.Equal(size == text.Length, status == OperationStatus.Done);
            Assert.StartsWith(room[..written].ToString(), text, StringComparison.Ordinal);
            Assert.Equal(adapter.Decode(ids.Take(consumed)), room[..written].ToString());
        }
    }

    [Fact]
    public void Encode_WithoutAStage_IsNotSupported()
    {
        ModelTokenizer adapter = ModelTokenizer.Load(_tiny);
        Assert.Throws<NotSupportedException>(() => adapter.EncodeToIds("a", considerNormalization: false));
        Assert.Throws<NotSupportedException>(() => adapter.CountTokens("a", considerPreTokenization: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => adapter.GetIndexByTokenCount("a", 0, out _, out _));
    }

    // Lines of our documents: .NET's patterns, which Microsoft uses, split letters outside the BMP otherwise.
    private static IEnumerable<string> Texts() =>
        Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
            .Order(StringComparer.Ordinal)
            .SelectMany(File.ReadLines)
            .Concat(["", "héllo 😀😀 wörld 中文", "<|endoftext|> x", "a😀b", "don't stop\n\nnow  "]);

    // By the letter: every number of tokens from the limit down, until the text can be cut there.
    private sealed class Loop
    {
        private readonly (int Start, int End)[] _places;
        private readonly int _length;

        public Loop(Tokenizer tokenizer, string text)
        {
            Encoding encoding = tokenizer.Encode(text, new EncodeOptions { TruncateAndPad = false });
            System.Text.Rune[] runes = [.. text.EnumerateRunes()];
            int Unit(int codePoint) => runes.Take(codePoint).Sum(rune => rune.Utf16SequenceLength);
            Ids = encoding.Ids;
            _places = [.. encoding.Offsets.Select(offset => (Unit(offset.Start), Unit(offset.End)))];
            _length = text.Length;
        }

        public int[] Ids { get; }

        public (int Count, int Index) FromStart(int limit)
        {
            int count = Math.Min(limit, Ids.Length);
            while (!MayCut(count))
            {
                count--;
            }

            return (
                count,
                count == Ids.Length ? _length
                : count == 0 ? 0
                : _places[count - 1].End
            );
        }

        public (int Count, int Index) FromEnd(int limit)
        {
            int count = Math.Min(limit, Ids.Length);
            while (!MayCut(Ids.Length - count))
            {
                count--;
            }

            int first = Ids.Length - count;
            return (
                count,
                first == 0 ? 0
                : count == 0 ? _length
                : _places[first].Start
            );
        }

        private bool MayCut(int at) =>
            at == 0
            || at == Ids.Length
            || (
                _places[at - 1].Start < _places[at - 1].End
                && _places.Take(at).All(before => _places.Skip(at).Take(1).All(next => before.End <= next.Start))
            );
    }
}
