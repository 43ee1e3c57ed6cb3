using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary>
/// SentencePiece's own normalization: the longest match of its character map, user-defined symbols left alone, spaces by
/// its rules. Every scalar stands for the text from where it was read to where the next one was, as there.
/// </summary>
/// <param name="map">The character map, or null.</param>
/// <param name="symbols">The user-defined symbols, or null.</param>
/// <param name="spaces">How spaces are treated.</param>
internal sealed class SentencePieceNormalizer(CharacterMap? map, ByteTrie? symbols, SpaceRules spaces) : INormalizer
{
    private static ReadOnlySpan<byte> Mark => "▁"u8;

    /// <summary>How spaces are treated.</summary>
    public SpaceRules Spaces => spaces;

    /// <summary>Whether spaces become marks, and nothing else changes but for a mark at an end.</summary>
    public bool OnlyMarks => map is null && symbols is null && spaces is { RemoveExtra: false, Escape: true };

    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target)
    {
        ReadOnlySpan<byte> text = source.Bytes.Slice(piece.Start, piece.Length);
        int at = spaces.RemoveExtra ? LeadingSpace(text) : 0;
        if (at == text.Length)
        {
            return;
        }

        Output output = new(spaces.Escape ? Mark : " "u8, text.Length);
        if (spaces.Dummy == DummyMark.Before || (spaces.Dummy == DummyMark.BeforeFirst && IsUnmarkedFirst(text, piece)))
        {
            output.AddSpace(at);
        }

        bool afterSpace = spaces.RemoveExtra;
        StepLimit limit = new(text.Length);
        while (at < text.Length)
        {
            ReadOnlySpan<byte> next = Next(text, at, out int size, ref limit);
            next = afterSpace ? next.TrimStart((byte)' ') : next;
            foreach (byte b in next)
            {
                output.Add(b, at);
            }

            // Where a replacement is empty, what came before it still decides.
            afterSpace = spaces.RemoveExtra && (next.IsEmpty ? afterSpace : next[^1] == ' ');
            at += size;
        }

        if (spaces.RemoveExtra)
        {
            at = output.TrimEnd(at);
        }

        if (spaces.Dummy == DummyMark.Behind)
        {
            output.AddSpace(at);
        }

        output.WriteTo(target, source, piece, at);
    }

    private static bool IsUnmarkedFirst(ReadOnlySpan<byte> text, Piece piece) =>
        piece.Origin == 0 && text[0] != ' ' && !text.StartsWith(Mark);

    private int LeadingSpace(ReadOnlySpan<byte> text)
    {
        int at = 0;
        StepLimit limit = new(text.Length);
        while (at < text.Length && Next(text, at, out int size, ref limit).SequenceEqual(" "u8))
        {
            at += size;
        }

        return at;
    }

    private ReadOnlySpan<byte> Next(ReadOnlySpan<byte> text, int at, out int size, ref StepLimit limit)
    {
        ReadOnlySpan<byte> rest = text[at..];
        if (symbols is not null && symbols.Longest(rest, out size, ref limit) >= 0)
        {
            return rest[..size];
        }

        if (map is not null && map.TryFind(rest, longest: true, out size, out ReadOnlySpan<byte> replacement))
        {
            return replacement;
        }

        size = Utf8.LengthOf(rest[0]);
        return rest[..size];
    }

    // The new text; for every byte of it, where the text was read when it was written.
    private ref struct Output(ReadOnlySpan<byte> space, int length)
    {
        private readonly ReadOnlySpan<byte> _space = space;
        private readonly List<byte> _bytes = new(length + length / 2 + 8);
        private readonly List<int> _places = new(length + length / 2 + 8);

        public readonly void Add(byte value, int place)
        {
            if (value == ' ')
            {
                AddSpace(place);
                return;
            }

            _bytes.Add(value);
            _places.Add(place);
        }

        public readonly void AddSpace(int place)
        {
            foreach (byte b in _space)
            {
                _bytes.Add(b);
                _places.Add(place);
            }
        }

        public readonly int TrimEnd(int end)
        {
            while (System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes).EndsWith(_space))
            {
                int length = _bytes.Count - _space.Length;
                end = _places[length];
                _bytes.RemoveRange(length, _space.Length);
                _places.RemoveRange(length, _space.Length);
            }

            return end;
        }

        public readonly void WriteTo(AlignedText target, AlignedText source, Piece piece, int end)
        {
            _places.Add(end);
            ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes);
            for (int at = 0; at < bytes.Length; )
            {
                int size = Utf8.LengthOf(bytes[at]);
                int from = Original(_places[at], source, piece);
                target.Append(bytes.Slice(at, size - 1), from, from);
                at += size;
                target.Append(bytes.Slice(at - 1, 1), from, Original(_places[at], source, piece));
            }
        }

        private static int Original(int place, AlignedText source, Piece piece) =>
            place < piece.Length ? source.Starts[piece.Start + place] : source.Ends[piece.End - 1];
    }
}
