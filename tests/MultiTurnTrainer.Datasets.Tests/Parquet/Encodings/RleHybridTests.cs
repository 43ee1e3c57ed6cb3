using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Datasets.Parquet.Encodings;

namespace MultiTurnTrainer.Datasets.Tests.Parquet.Encodings;

public class RleHybridTests
{
    [Fact]
    public void Decode_OfEncode_IsTheSame()
    {
        // Runs of all lengths, so that both kinds and every way they meet occur.
        Gen<int[]> runs =
            from parts in (
                from value in Gen.Choose(0, 1000)
                from length in Gen.Frequency((3, Gen.Choose(1, 4)), (2, Gen.Choose(5, 40)))
                select Enumerable.Repeat(value, length)
            ).ListOf()
            select parts.SelectMany(part => part).ToArray();
        Prop.ForAll(runs.ToArbitrary(), Gen.Choose(10, 32).ToArbitrary(), RoundTrips).QuickCheckThrowOnFailure();
    }

    private static bool RoundTrips(int[] values, int bitWidth)
    {
        List<byte> bytes = [];
        RleHybridEncoder.Encode<int>(values, bitWidth, bytes);
        int[] decoded = new int[values.Length];
        int consumed = RleHybrid.Decode(bytes.ToArray(), bitWidth, decoded);
        return decoded.SequenceEqual(values) && consumed == bytes.Count;
    }
}
