using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Templates;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Datasets.Tests.Masking;

public class PrintedStopTests
{
    private static readonly Tokenizer _tokenizer = Tokenizer.Load(
        Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model")
    );

    [Theory]
    [InlineData("{{ m.content }}<|im_end|>\n", "<|im_end|>")]
    [InlineData("{{ m.content }}\n<|im_end|>{{ '<|endoftext|>' if loop.last }}", "<|im_end|>")]
    [InlineData("{{ m.content }}{{ '<|endoftext|>' if loop.last else '<|im_end|>' }}", null)]
    [InlineData("{{ m.content }}", null)]
    [InlineData("{{ m.content }}</s>", null)]
    [InlineData("{{ raise_exception('no') }}", null)]
    public void Find_AddedTokenBehindEveryAnswer_IsTheStopToken(string turn, string? expected)
    {
        ChatModel chat = new()
        {
            Template = ChatTemplate.Parse("{% for m in messages %}<|im_start|>{{ m.role }}\n" + turn + "{% endfor %}"),
        };

        Assert.Equal(expected, PrintedStop.Find(chat, _tokenizer));
    }
}
