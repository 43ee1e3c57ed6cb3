using System.Runtime.InteropServices;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.LibTorch.Providers;
using TorchSharp;
using static TorchSharp.torch;
using Optional = MultiTurnTrainer.LibTorch.Providers.StableInterface.Optional;

namespace MultiTurnTrainer.LibTorch.Tests;

public class StableInterfaceTests
{
    [Fact]
    public void Call_AProduct_GivesItsResultAndLeavesTheFactors()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor left = randn(3, 5);
        Tensor right = randn(5, 2);

        Tensor product = StableInterface.Call("aten::mm", "", 1, left, right)[0];

        Assert.True(product.allclose(left.mm(right)));
        Assert.True(left.allclose(left.clone()));
    }

    [Fact]
    public void Call_OptionalsPresentAndAbsent_ReachTheOperator()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor row = arange(10, ScalarType.Int64);

        Tensor some = StableInterface.Call(
            "aten::slice",
            "Tensor",
            1,
            row,
            0L,
            new Optional(6L),
            new Optional(null),
            2L
        )[0];

        Assert.Equal([6L, 8L], some.data<long>().ToArray());
    }

    [Fact]
    public void Call_WhatLibtorchRefuses_Throws() =>
        Assert.Throws<ExternalException>(() => StableInterface.Call("aten::mm", "", 1, ones(2, 3), ones(2, 3)));

    [Fact]
    public void View_OfFloatsAsHalves_SharesTheirMemory()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor floats = ones(2, 3);
        Tensor halves = TensorMemory.View(floats, bfloat16);

        halves.zero_();

        Assert.Equal([2L, 6L], halves.shape);
        Assert.Equal(0f, floats.sum().item<float>());
    }

    [Fact]
    public void Mend_AnotherLibraryThanTheKnownOne_RefusesAndNamesWhereItRuns()
    {
        using TempFolder folder = new();
        string other = folder.Write("libLibTorchSharp.so", "another");

        MttException problem = Assert.Throws<MttException>(() => PackagedLibraries.Patch(other));

        Assert.Contains("Debian 12", problem.Remedy, StringComparison.Ordinal);
    }
}
