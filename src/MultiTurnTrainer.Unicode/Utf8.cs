using System.Numerics;
using System.Runtime.Intrinsics;

namespace MultiTurnTrainer.Unicode;

/// <summary>Steps over valid UTF-8. Callers guarantee validity; nothing is checked again.</summary>
public static class Utf8
{
    // As signed bytes, those that do not begin a scalar are the smallest.
    private const sbyte LastOther = -65;

    /// <summary>A text as UTF-8; lone surrogates become U+FFFD.</summary>
    public static byte[] GetBytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    /// <summary>UTF-8 as a text; every invalid part becomes U+FFFD.</summary>
    public static string GetString(ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);

    /// <summary>The number of bytes of the scalar that begins with this byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LengthOf(byte lead) =>
        lead < 0x80 ? 1
        : lead < 0xE0 ? 2
        : lead < 0xF0 ? 3
        : 4;

    /// <summary>The scalar at a position, and its length in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Decode(ReadOnlySpan<byte> text, int at, out int length)
    {
        int lead = text[at];
        if (lead < 0x80)
        {
            length = 1;
            return lead;
        }

        return DecodeLong(text, at, lead, out length);
    }

    /// <summary>The start of the scalar that ends before a position.</summary>
    public static int Before(ReadOnlySpan<byte> text, int at)
    {
        do
        {
            at--;
        } while ((text[at] & 0xC0) == 0x80);
        return at;
    }

    /// <summary>Writes a scalar; returns its length in bytes.</summary>
    public static int Encode(int scalar, Span<byte> target)
    {
        if (scalar < 0x80)
        {
            target[0] = (byte)scalar;
            return 1;
        }

        if (scalar < 0x800)
        {
            target[0] = (byte)(0xC0 | (scalar >> 6));
            target[1] = (byte)(0x80 | (scalar & 0x3F));
            return 2;
        }

        if (scalar < 0x10000)
        {
            target[0] = (byte)(0xE0 | (scalar >> 12));
            target[1] = (byte)(0x80 | ((scalar >> 6) & 0x3F));
            target[2] = (byte)(0x80 | (scalar & 0x3F));
            return 3;
        }

        target[0] = (byte)(0xF0 | (scalar >> 18));
        target[1] = (byte)(0x80 | ((scalar >> 12) & 0x3F));
        target[2] = (byte)(0x80 | ((scalar >> 6) & 0x3F));
        target[3] = (byte)(0x80 | (scalar & 0x3F));
        return 4;
    }

    /// <summary>The number of scalars.</summary>
    public static int Count(ReadOnlySpan<byte> text)
    {
        int count = 0;
        ref byte first = ref MemoryMarshal.GetReference(text);
        int at = 0;
        for (; at + Vector256<byte>.Count <= text.Length; at += Vector256<byte>.Count)
        {
            Vector256<sbyte> bytes = Vector256.LoadUnsafe(ref first, (nuint)at).AsSByte();
            count += BitOperations.PopCount(
                Vector256.GreaterThan(bytes, Vector256.Create(LastOther)).ExtractMostSignificantBits()
            );
        }

        for (; at < text.Length; at++)
        {
            count += (sbyte)text[at] > LastOther ? 1 : 0;
        }

        return count;
    }

    /// <summary>The number of scalars that begin among the first bytes of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">How many of its bytes count.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountFirst(ReadOnlySpan<byte> text, int length)
    {
        if (length > Vector128<byte>.Count || text.Length < Vector128<byte>.Count)
        {
            return Count(text[..length]);
        }

        Vector128<sbyte> bytes = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(text)).AsSByte();
        uint begins = Vector128.GreaterThan(bytes, Vector128.Create(LastOther)).ExtractMostSignificantBits();
        return BitOperations.PopCount(begins & ((1u << length) - 1));
    }

    private static int DecodeLong(ReadOnlySpan<byte> text, int at, int lead, out int length)
    {
        if (lead < 0xE0)
        {
            length = 2;
            return ((lead & 0x1F) << 6) | (text[at + 1] & 0x3F);
        }

        if (lead < 0xF0)
        {
            length = 3;
            return ((lead & 0x0F) << 12) | ((text[at + 1] & 0x3F) << 6) | (text[at + 2] & 0x3F);
        }

        length = 4;
        return ((lead & 0x07) << 18)
            | ((text[at + 1] & 0x3F) << 12)
            | ((text[at + 2] & 0x3F) << 6)
            | (text[at + 3] & 0x3F);
    }
}
