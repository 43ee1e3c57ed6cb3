using System.Globalization;
using MultiTurnTrainer.Tokenizers.Lines;

namespace MultiTurnTrainer.Tokenizers.Tests;

public sealed class EncodedLinesTests
{
    [Fact]
    public void Add_NumbersOfEveryLength_AreWrittenAsTheyAre()
    {
        List<int> numbers = [0];
        for (int power = 1; power <= 10_000_000; power *= 10)
        {
            numbers.AddRange([power, power + 1, 12_345_678 / power, 90_070_050 / power, (10 * power) - 1]);
        }

        TokenOffset[] offsets = [.. numbers.Zip(numbers.Skip(1), (start, end) => new TokenOffset(start, end))];
        EncodedLines lines = new();
        lines.Add(new Encoding([.. numbers], offsets));
        lines.Add(new Encoding([], []));

        string ids = string.Join(',', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)));
        string pairs = string.Join(
            ',',
            offsets.Select(o => string.Create(CultureInfo.InvariantCulture, $"[{o.Start},{o.End}]"))
        );
        string expected = $"{{\"ids\":[{ids}],\"offsets\":[{pairs}]}}\n{{\"ids\":[],\"offsets\":[]}}\n";
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(lines.Bytes));
    }

    [Fact]
    public void Add_TokensThatOverlapOrLeaveGaps_KeepsTheirStarts()
    {
        EncodedLines lines = new();
        lines.Add(new Encoding([7, 8, 9], [new(0, 1), new(0, 1), new(3, 4)]));

        Assert.Equal(
            "{\"ids\":[7,8,9],\"offsets\":[[0,1],[0,1],[3,4]]}\n",
            System.Text.Encoding.UTF8.GetString(lines.Bytes)
        );
    }
}
