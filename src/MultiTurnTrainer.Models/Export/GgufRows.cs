using MultiTurnTrainer.Models.Gguf;

namespace MultiTurnTrainer.Models.Export;

/// <summary>Rows of queries and keys in llama.cpp's order.</summary>
internal static class GgufRows
{
    /// <summary>Brings them there.</summary>
    /// <param name="values">All rows, one behind the other.</param>
    /// <param name="rows">How many.</param>
    /// <param name="headWidth">Rows of a head.</param>
    public static float[] Turn(float[] values, int rows, int headWidth)
    {
        int columns = values.Length / rows;
        float[] turned = new float[values.Length];
        for (int row = 0; row < rows; row++)
        {
            int target = (int)GgufNames.Turned(row, headWidth);
            values.AsSpan(row * columns, columns).CopyTo(turned.AsSpan(target * columns));
        }

        return turned;
    }
}
