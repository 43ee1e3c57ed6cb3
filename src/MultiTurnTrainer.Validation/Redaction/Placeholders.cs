using System.Security.Cryptography;

namespace MultiTurnTrainer.Validation.Redaction;

/// <summary>
/// What stands for values: <c>[EMAIL_1]</c>, numbered by label in the order in which values are met first. A value keeps its placeholder for
/// the run. Values are kept as hashes only.
/// </summary>
internal sealed class Placeholders
{
    private readonly Dictionary<UInt128, string> _known = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    /// <summary>The placeholder of a value.</summary>
    /// <param name="label">What it is, in capitals; of a value that was met under another label, that one's placeholder stays.</param>
    /// <param name="value">The value.</param>
    public string Of(string label, ReadOnlySpan<byte> value)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(value, hash);
        UInt128 key = ReadUInt128LittleEndian(hash);
        if (!_known.TryGetValue(key, out string? placeholder))
        {
            int number = _numbers[label] = _numbers.GetValueOrDefault(label) + 1;
            placeholder = _known[key] = Invariant($"[{label}_{number}]");
        }

        return placeholder;
    }
}
