package main

import (
	"math"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

type Item struct {
	SKU      string  `json:"sku"`
	Price    float64 `json:"price"`
	Quantity float64 `json:"quantity"`
}

type Order struct {
	Customer string `json:"customer"`
	Items    []Item `json:"items"`
}

type Price struct {
	Customer string  `json:"customer"`
	Net      float64 `json:"net"`
	Tax      float64 `json:"tax"`
	Total    float64 `json:"total"`
}

// Quote is a plain workflow: the bridge serves it as it is.
func Quote(_ workflow.Context, order Order) (*Price, error) {
	if len(order.Items) == 0 {
		return nil, temporal.NewApplicationError("the order has no items", "EmptyOrder")
	}
	net := 0.0
	for _, item := range order.Items {
		net += item.Price * item.Quantity
	}
	tax := net * 0.2
	return &Price{order.Customer, cents(net), cents(tax), cents(net + tax)}, nil
}

func cents(amount float64) float64 {
	return math.Round(amount*100) / 100
}
