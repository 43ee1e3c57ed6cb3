namespace MultiTurnTrainer.Models.Gguf;

/// <summary>One tensor of a file.</summary>
/// <param name="Name">llama.cpp's name, such as <c>blk.0.attn_q.weight</c>.</param>
/// <param name="Shape">The sizes, outermost first: the file has them the other way round.</param>
/// <param name="Type">How its numbers are stored.</param>
/// <param name="Offset">First byte, counted from the start of the data.</param>
public sealed record GgufTensor(string Name, long[] Shape, GgufType Type, long Offset)
{
    /// <summary>The number of values.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>The number of bytes.</summary>
    public long Length => Count / Type.BlockValues() * Type.BlockBytes();
}
